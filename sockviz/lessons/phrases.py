"""What is said of facts, and of what is waited for, in the languages of the course. Pure.

A phrase is known by its English: `said("connection {number}", number=1)`. What a lesson's author wrote, and
what the kernel calls things, stays as it is.
"""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

from collections.abc import Iterable, Mapping
from typing import Final

from sockviz.lessons.text import LANGUAGES, Language, Text


def said(english: str, **parts: object) -> Text:
    """A phrase, with its `{parts}`, which may be phrases themselves."""
    templates = Text(en=english, zh=CHINESE[english])
    return Text(**{name: templates.of(name).format(**_parts(parts, name)) for name in LANGUAGES})


def word(text: object) -> Text:
    """A value as it is: a number, a state, a name; but for the few words that are ours."""
    return said(text) if isinstance(text, str) and text in CHINESE else plain(text)


def plain(text: object) -> Text:
    """The same in every language."""
    return Text(en=str(text), zh=str(text))


def joined(phrases: Iterable[Text], between: str) -> Text:
    """Several phrases with something of `_BETWEEN` between them."""
    phrases = list(phrases)
    return Text(
        en=between.join(one.en for one in phrases), zh=_BETWEEN[between].join(one.zh for one in phrases)
    )


def _parts(parts: Mapping[str, object], language: Language) -> dict[str, object]:
    return {key: part.of(language) if isinstance(part, Text) else part for key, part in parts.items()}


_BETWEEN: Final[Mapping[str, str]] = {" ": "，", ", ": "，", "; ": "；", " and ": "、", " → ": " → "}
"""English → Chinese."""

CHINESE: Final[Mapping[str, str]] = {
    # values
    "yes": "是",
    "no": "否",
    "none": "无",
    "nothing": "空",
    "unknown": "未知",
    "not returned": "尚未返回",
    "{amount} ({value})": "{amount}（{value}）",
    "{amount} ({name} is not known)": "{amount}（{name} 未知）",
    "{sampled} in the table, {shown} inferred": "表中为 {sampled}，推断为 {shown}",
    # what a fact is about
    "client": "客户端",
    "server": "服务器",
    "client {number}": "客户端 {number}",
    "server {number}": "服务器 {number}",
    "listener": "监听套接字",
    "accept queue": "全连接队列",
    "SYN queue": "半连接队列",
    "connection {number}": "连接 {number}",
    "{name} of the {host}": "{host}的 {name}",
    "UDP socket of {program}": "{program} 的 UDP 套接字",
    "sockets of the {host}": "{host}的套接字",
    "with an owner": "有所属进程",
    "without owner": "无所属进程",
    "{name}() of {holder}": "{holder} 的 {name}()",
    "last call of {holder}": "{holder} 的最后一次调用",
    "on the wire": "线路上",
    "sent": "已发出",
    "ignored": "被忽略",
    "{how}: {which}": "{how}：{which}",
    "any": "任何报文段",
    "data": "数据报文段",
    "of connection {number}": "属于连接 {number}",
    "from the {host}": "来自{host}",
    "again": "重传的",
    "for the first time": "首次发出的",
    "to port {bytes}": "目的端口的字节为 {bytes}",
    "not": "并非",
    "any of": "以下至少一项",
    "all of": "以下全部",
    # what of it
    "{subject}: {checks}": "{subject}：{checks}",
    "{name} {value}": "{name}={value}",
    "state": "状态",
    "owner": "有所属进程",
    "fd": "描述符",
    "port": "端口",
    "unread": "未读字节",
    "unacknowledged": "未确认字节",
    "timer": "定时器",
    "left": "剩余秒数",
    "Recv-Q": "Recv-Q",
    "Send-Q": "Send-Q",
    "backlog": "backlog",
    "arrived": "到达",
    "read": "已读",
    "waiting": "等待中",
    "lost": "丢失",
    "refused": "被拒",
    "ghost": "幽灵连接",
    "cookie": "用了 cookie",
    "accepted": "已被接受",
    "passed": "经过",
    "depth": "长度",
    "order": "次序",
    "limit": "上限",
    "full": "已满",
    "rise": "增加",
    "sent again": "重传次数",
    "blocked": "阻塞",
    "result": "返回值",
    "error": "错误",
    "made": "调用过",
    "text": "内容",
    # questions
    "exactly one choice comes true": "恰好有一个选项成立",
    "choices {numbers} did": "选项 {numbers} 都成立",
    "none did": "没有选项成立",
    "choice {number}: {rest}": "选项 {number}：{rest}",
    "choice {number} says why it is wrong": "选项 {number} 说明为什么不对",
    "nothing, but another one came true": "没有说明，而成立的是另一个选项",
    # what is waited for
    "{action}: {what}": "{action}：{what}",
    "{expected} (now: {had})": "{expected}（现在：{had}）",
    "on the wire: {segments}": "线路上：{segments}",
    "rest": "一切静止",
    "LISTEN": "LISTEN",
    "{count} to connect": "{count} 个客户端发起连接",
    "{name} to be known": "{name} 的值",
    "the program {name}": "程序 {name}",
    "the end of {holder}": "{holder} 结束",
    "a descriptor of {holder}": "{holder} 的描述符",
    "a blocked call of {holder}": "{holder} 的阻塞调用",
    "the accept() before to return": "前一次 accept() 返回",
    "the call to return": "该调用返回",
    "{name}() to be called": "{name}() 被调用",
    "{name}() to return": "{name}() 返回",
    "{errno} of a call of the server": "服务器的某次调用返回 {errno}",
    "the server to obey": "服务器照办",
    "{name} to change": "{name} 改变",
    "{segment} to be held": "线路扣住：{segment}",
    "its arrival": "它到达",
    "their arrival": "它们到达",
    "its loss": "它丢失",
    "the wire to change": "线路改变",
    "{count} SYNs": "{count} 个 SYN",
}
"""English → Chinese."""
