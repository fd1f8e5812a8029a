"""Facts about calls. Pure."""

from typing import Annotated, ClassVar

from sockviz.lessons.amounts import Amount
from sockviz.lessons.facts.fact import Fact
from sockviz.lessons.finding import Checks, Finding
from sockviz.lessons.moment import Moment
from sockviz.lessons.names import ERRNOS, CallName, Holder
from sockviz.lessons.phrases import said
from sockviz.lessons.words import doc, unknown


class Called(Fact, frozen=True, kw_only=True):
    """The last call that a program made on a socket."""

    KEY: ClassVar[str] = "call"
    COMPLETE: ClassVar[bool] = False
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ call = "client 1", name = "connect", blocked = true }',
        '{ call = "listener", name = "accept", result = 4 }',
        '{ call = "client 1", name = "connect", error = "ECONNREFUSED" }',
        '{ call = "server 1", name = "recv", result = 0 }',
    )
    call: Annotated[Holder, doc("on which socket")]
    name: Annotated[CallName | None, doc("the last one of this name")] = None
    blocked: Annotated[bool | None, doc("it has not returned")] = None
    result: Annotated[Amount | None, doc("what it returned: a descriptor, a count of bytes, 0, or -1")] = None
    error: Annotated[str | None, doc("the errno it failed with; `none`: it returned and did not fail")] = None
    text: Annotated[str | None, doc("what was sent or received")] = None

    def flaw(self) -> str | None:
        """An errno that there is."""
        if self.error is None or self.error in ("none", *ERRNOS):
            return super(Called, self).flaw()  # noqa: UP008 - msgspec makes the class anew
        return unknown("errno", self.error, ERRNOS)

    def look(self, moment: Moment) -> Finding:
        """The call's own words."""
        call = moment.last_call(self.call, self.name)
        back = call is not None and call.returned is not None
        if self.name is None:
            subject = said("last call of {holder}", holder=self.call.phrase)
        else:
            subject = said("{name}() of {holder}", name=self.name, holder=self.call.phrase)
        checks = Checks(subject, moment)
        checks.flag("blocked", self.blocked, None if call is None else not back)
        checks.amount("result", self.result, call.result if call else None)
        if self.error is not None:
            error = (call.error or "none") if call is not None and back else "not returned"
            checks.same("error", self.error, error)
        if self.name is not None and call is None:
            checks.same("made", "yes", "no")
        text = moment.data.get(call.id, b"").decode(errors="replace") if call is not None else ""
        return checks.quoted("text", self.text, text).finding()
