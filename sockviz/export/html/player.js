
'use strict';
// Plays a film. What is true at each step, what to say of it and where each segment is was computed before;
// nothing here knows TCP. Texts of the recording only ever become text nodes.
(() => {
  const film = JSON.parse(document.getElementById('film').textContent);
  const steps = film.steps.map(([time, at, wide, narrow]) => ({time, at, heights: {wide, narrow}}));
  const total = steps[steps.length - 1].at;
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const byId = id => document.getElementById(id);
  const SHAPES = ['circle', 'square', 'triangle', 'diamond'];

  // The scenes: what is new at each step, put together.

  const scenes = [];
  let scene = {wire: [], caption: [], listener: [], left: [], right: [], table: []};
  for (const step of film.steps) {
    scene = {...scene};
    for (const [group, first, ...news] of step[4]) {
      if (typeof first !== 'number') { scene[group] = first; continue; }
      const rows = scene[group].slice(0, first);
      for (let at = 0; at < news.length; at += 2) rows[news[at]] = news[at + 1];
      scene[group] = rows;
    }
    scenes.push(scene);
  }

  // Elements.

  function make(name, className, ...children) {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...children);
    return element;
  }

  function chip(connection) {
    return connection > 0 ? `chip-${(connection - 1) % film.chips}` : 'chip-none';
  }

  function shape(connection) {
    const sign = make('i', `shape ${SHAPES[(connection - 1) % SHAPES.length]}`);
    sign.setAttribute('aria-hidden', 'true');
    return sign;
  }

  function badge(connection) {
    if (connection <= 0) return '';
    const sign = make('span', `badge ${chip(connection)}`, shape(connection), String(connection));
    sign.title = `connection ${connection}`;
    return sign;
  }

  function swatch(state) {
    const picture = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const area = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    picture.setAttribute('class', 'swatch');
    picture.setAttribute('aria-hidden', 'true');
    for (const [name, value] of Object.entries({width: 12, height: 16, rx: 2, fill: `url(#sockviz-${state})`})) {
      area.setAttribute(name, value);
    }
    picture.append(area);
    return picture;
  }

  // The hosts.

  function socketRow([connection, name, word, state, detail, call, tone]) {
    if (name === undefined) return make('li', 'more', connection);
    const row = make('li', state === 'closed' || state === 'gone' ? 'over' : '');
    const head = make('span', 'what', badge(connection), name && make('b', '', name));
    if (word) head.append(state === 'gone' || state === 'closed' ? '' : swatch(state), make('b', state, word));
    row.append(head, make('span', 'detail', detail));
    if (call) row.append(make('span', `call ${tone}`, call));
    return row;
  }

  function queue(name, count, members, places, full, hint) {
    const slots = make('span', 'slots');
    for (let at = 0; at < Math.max(places, members.length); at++) {
      const taken = at < members.length;
      const slot = make('span', taken ? `slot taken ${chip(members[at])}` : 'slot', taken ? badge(members[at]) || '?' : '');
      if (!taken) slot.setAttribute('aria-label', 'free');
      slots.append(slot);
    }
    const line = make('div', full ? 'queue full' : 'queue', make('span', 'name', name), make('b', '', count), slots);
    if (full) line.append(make('strong', '', 'FULL'));
    line.title = hint;
    return line;
  }

  function listener([state, kind, about, depth, waiting, places, full, halfOpen, opening, dropped]) {
    if (state === undefined) return [make('p', 'detail', 'nobody listens')];
    if (kind === undefined) return [];
    const head = make('p', 'what', kind === 'closed' ? '' : swatch(kind), make('b', kind, state));
    head.append(make('span', 'detail', about));
    if (dropped) head.append(make('strong', 'bad', `✗ ${dropped}`));
    return [
      head,
      queue('SYN queue', halfOpen, opening, 0, 0, 'half-open: the final ACK is awaited'),
      queue('accept queue', depth, waiting, places, full, 'finished by the kernel, not yet accepted'),
    ];
  }

  function tableRow([host, connection, local, remote, received, sent, word, state, owner, fresh]) {
    if (connection === undefined) {
      const cell = make('td', 'more', host);
      cell.colSpan = 8;
      return make('tr', '', cell);
    }
    const row = make('tr', fresh ? 'fresh' : '', make('td', '', badge(connection)), make('td', 'detail', host));
    row.append(make('td', 'right', String(received)), make('td', 'right', String(sent)));
    row.append(make('td', '', local), make('td', '', remote), make('td', '', make('b', state, word)), make('td', '', owner));
    return row;
  }

  const DRAWN = {
    wire: ([words, tone]) => { byId('wire').className = tone || ''; byId('wire').textContent = words || ''; },
    caption: ([words, connection, heavy]) => {
      byId('caption').className = heavy ? 'heavy' : chip(connection);
      const parts = (words || '').split(/#(\d+)\b/).map((part, at) => at % 2 ? badge(Number(part)) : part);
      byId('caption').replaceChildren(make('span', '', ...parts));
    },
    listener: values => byId('listener').replaceChildren(...listener(values)),
    left: rows => byId('left').replaceChildren(...rows.map(socketRow)),
    right: rows => byId('right').replaceChildren(...rows.map(socketRow)),
    table: rows => byId('table').replaceChildren(...rows.map(tableRow)),
  };

  // The wire: each segment has its lane and a way of (ms, share of the way).

  const packets = new Map();

  function place(way, now) {
    let [before, x] = way[0];
    for (const [at, share] of way) {
      if (at > now) return {x: x + (share - x) * (now - before) / (at - before), still: share === x};
      [before, x] = [at, share];
    }
    return {x, still: false};
  }

  function packet([connection, name, figures, rightward, lane, , fate, way]) {
    const label = make('span', `pill ${chip(connection)}`, connection ? shape(connection) : '');
    label.append(make('span', '', connection ? `${connection} ${name}` : name));
    const note = make('span', 'note');
    const element = make('div', `packet ${rightward ? 'rightward' : 'leftward'}`, label, note);
    element.style.setProperty('--lane', lane);
    return {element, note, shown: null, end: way[way.length - 1][0], fate: fate && `✗ ${fate}`, figures};
  }

  function drawPackets(now) {
    film.segments.forEach((segment, id) => {
      const way = segment[7], begins = way[0][0];
      let one = packets.get(id);
      if (now < begins || now >= segment[5] && !(now === begins && segment[5] === begins)) {
        if (one) { one.element.remove(); packets.delete(id); }
        return;
      }
      if (!one) {
        packets.set(id, one = packet(segment));
        one.element.dataset.id = id;
        const later = [...byId('packets').children].find(other => Number(other.dataset.id) > id);
        byId('packets').insertBefore(one.element, later || null);
      }
      const {x, still} = place(way, now);
      one.element.style.setProperty('--x', segment[3] ? x : 1 - x);
      const lost = one.fate && now >= one.end;
      const note = lost ? one.fate : still ? 'held' : one.figures;
      if (note !== one.shown) {
        one.shown = note;
        one.note.textContent = note;
        one.element.classList.toggle('lost', Boolean(lost));
        one.element.classList.toggle('still', still && !lost);
      }
    });
  }

  // The ladder: what grows is cut off at the playhead, the rest comes step by step.

  const ladders = ['wide', 'narrow'].map(name => {
    const svg = document.querySelector(`svg.${name}`);
    const parts = [...svg.querySelectorAll('[data-s]')].map(part => ({part, step: Number(part.dataset.s)}));
    return {name, svg, parts, shown: parts.length, grown: svg.querySelector('clipPath rect'), height: svg.viewBox.baseVal.height};
  });

  function drawLadder(ladder, index, share) {
    const {parts, name} = ladder;
    while (ladder.shown > 0 && parts[ladder.shown - 1].step > index) parts[--ladder.shown].part.setAttribute('visibility', 'hidden');
    while (ladder.shown < parts.length && parts[ladder.shown].step <= index) parts[ladder.shown++].part.removeAttribute('visibility');
    const from = steps[index].heights[name];
    const to = index + 1 < steps.length ? steps[index + 1].heights[name] : from;
    ladder.y = index + 1 < steps.length ? from + (to - from) * share : ladder.height;
    ladder.grown.setAttribute('height', Math.max(0, ladder.y + 2));
  }

  function follow() {
    const frame = byId('ladder');
    for (const {svg, y, height, name} of ladders) {
      const shown = svg.getBoundingClientRect().height;
      if (!shown) continue;
      const top = Math.min(y, steps[steps.length - 1].heights[name]) * shown / height;
      const low = frame.scrollTop + frame.clientHeight * 0.8;
      if (top > low) frame.scrollTop += top - low;
      else if (top < frame.scrollTop + 60) frame.scrollTop = Math.max(0, top - frame.clientHeight * 0.4);
    }
  }

  // The playhead.

  let now = 0, playing = false, speed = 1, shown = -1, last = 0;

  function stepAt(ms) {
    let low = 0, high = steps.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (steps[middle].at <= ms) low = middle; else high = middle - 1;
    }
    return low;
  }

  function draw() {
    const index = stepAt(now);
    if (index !== shown) {
      const before = shown < 0 ? {} : scenes[shown];
      for (const [group, show] of Object.entries(DRAWN)) {
        if (scenes[index][group] !== before[group]) show(scenes[index][group]);
      }
      shown = index;
    }
    const {at} = steps[index], next = index + 1 < steps.length ? steps[index + 1].at : at;
    const share = next > at ? (now - at) / (next - at) : 0;
    const moment = calm.matches ? at : now;
    drawPackets(moment);
    for (const ladder of ladders) drawLadder(ladder, index, calm.matches ? 0 : share);
    follow();
    byId('seek').value = now;
    byId('seek').setAttribute('aria-valuetext', `step ${index + 1} of ${steps.length}, ${steps[index].time} s`);
    byId('seek').style.setProperty('--done', `${total ? 100 * now / total : 100}%`);
    byId('position').textContent = `${steps[index].time} s · ${index + 1}/${steps.length}`;
  }

  function frame(time) {
    if (!playing) return;
    now = Math.min(total, now + Math.min(100, time - last) * speed);
    last = time;
    draw();
    if (now >= total) play(false); else requestAnimationFrame(frame);
  }

  function play(on) {
    if (on === playing) return;
    playing = on;
    document.body.classList.toggle('playing', on);
    byId('play').setAttribute('aria-label', on ? 'Pause' : 'Play');
    byId('caption').setAttribute('aria-live', on ? 'off' : 'polite');
    if (!on) return;
    if (now >= total) now = 0;
    last = performance.now();
    requestAnimationFrame(frame);
  }

  function seek(ms) {
    play(false);
    now = Math.min(total, Math.max(0, ms));
    draw();
  }

  function go(direction) {
    const index = stepAt(now);
    const target = direction < 0 && now > steps[index].at ? index : index + direction;
    seek(steps[Math.min(steps.length - 1, Math.max(0, target))].at);
  }

  function goToMark(direction) {
    const index = stepAt(now);
    const [ahead] = direction > 0 ? film.marks.filter(([step]) => step > index) : film.marks.filter(([step]) => step < index).reverse();
    if (ahead) seek(steps[ahead[0]].at);
  }

  // What can be pressed.

  const PRESSED = {
    start: () => seek(0), back: () => go(-1), play: () => play(!playing), forth: () => go(1), end: () => seek(total),
    mark: () => goToMark(1),
  };
  const KEYS = {
    ' ': PRESSED.play, ArrowLeft: PRESSED.back, ArrowRight: PRESSED.forth, Home: PRESSED.start, End: PRESSED.end,
    m: PRESSED.mark, M: () => goToMark(-1),
  };
  for (const [id, act] of Object.entries(PRESSED)) byId(id).addEventListener('click', act);
  byId('seek').max = total;
  byId('seek').addEventListener('input', event => seek(Number(event.target.value)));
  byId('speed').addEventListener('change', event => { speed = Number(event.target.value); });
  byId('mark').hidden = !film.marks.length;
  byId('packets').classList.toggle('dense', film.dense);
  document.body.classList.toggle('no-table', !film.table);
  document.addEventListener('keydown', event => {
    const taken = event.ctrlKey || event.altKey || event.metaKey || event.target.closest('select')
      || event.key === ' ' && event.target.closest('button, summary');
    if (taken || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  byId('ladder').addEventListener('click', event => {
    for (const {svg, name, height} of ladders) {
      const box = svg.getBoundingClientRect();
      if (!box.height) continue;
      const y = (event.clientY - box.top) * height / box.height;
      const target = steps.filter(step => step.heights[name] <= y + 8).length - 1;
      seek(steps[Math.max(0, target)].at);
    }
  });
  for (const [step, words, own] of film.marks) {
    const mark = make('button', own ? 'own' : '');
    mark.type = 'button';
    mark.tabIndex = -1;
    mark.title = words;
    mark.setAttribute('aria-label', `To: ${words}`);
    mark.style.left = `${total ? 100 * steps[step].at / total : 0}%`;
    mark.addEventListener('click', () => seek(steps[step].at));
    byId('marks').append(mark);
  }

  // What does not change.

  film.hosts.forEach(([name, address], at) => {
    byId(at ? 'right-name' : 'left-name').replaceChildren(name, ' ', make('small', '', address));
  });
  byId('about').textContent = film.about.join(' · ');
  byId('hidden').hidden = !film.hidden.length;
  byId('hidden').querySelector('ul').replaceChildren(...film.hidden.map(words => make('li', '', words)));
  calm.addEventListener('change', draw);
  addEventListener('resize', draw);
  document.body.classList.add('ready');
  draw();
})();
