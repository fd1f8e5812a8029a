"""What the pages say to visitors, in each language. Pure."""
# ruff: noqa: RUF001 - Chinese has its own punctuation

from typing import Final

from sockviz.lessons.text import Text

BEGINNING: Final = Text(en="this is being started for you …", zh="正在为你启动……")
OVER: Final = Text(en="This is over.", zh="已经结束。")
AGAIN: Final = Text(en="Begin again", zh="重新开始")
LOST: Final = Text(en="The connection to the server is lost.", zh="与服务器的连接断开了。")
ENDED: Final = Text(en="It has ended by itself.", zh="它自己结束了。")
LEFT: Final = Text(en="You have left.", zh="你已离开。")
DISMISSED: Final = Text(en="The teacher has ended it.", zh="老师已经结束了。")
IDLE: Final = Text(
    en="Nobody has done anything here for {minutes:g} minutes.", zh="这里有 {minutes:g} 分钟没有人操作。"
)
FULL: Final = Text(en="The class is full (places: {places}).", zh="人满了（名额：{places}）。")
FULL_HINT: Final = Text(
    en="This page tries again by itself when somebody may have left.", zh="有人离开后，本页会自动重试。"
)
FORBIDDEN: Final = Text(en="This is not the whole link.", zh="这不是完整的链接。")
LINK_HINT: Final = Text(
    en="Open the link that the teacher shows, with everything that is in it.",
    zh="请打开老师给出的链接，要完整的。",
)
ELSEWHERE: Final = Text(en="This does not come from a page of sockviz.", zh="这不是从 sockviz 的页面来的。")
FAULT: Final = Text(en="Something went wrong here.", zh="这里出了问题。")
FAULT_HINT: Final = Text(en="Try again.", zh="请再试一次。")
