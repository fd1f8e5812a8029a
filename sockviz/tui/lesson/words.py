"""What the screen of a lesson says besides the lesson's own texts, in its languages. Pure.

What the stage in it says is looked up by its English (`sockviz.tui.translation`).
"""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

from typing import Final

from sockviz.lessons.scene import Phase
from sockviz.lessons.text import Text

PHASES: Final = {
    Phase.STARTING: Text(en="the lab is being built", zh="正在搭建实验环境"),
    Phase.SAY: Text(en="read", zh="阅读"),
    Phase.ASK: Text(en="predict", zh="预测"),
    Phase.DO: Text(en="it happens", zh="正在发生"),
    Phase.EXPECT: Text(en="it happens", zh="正在发生"),
    Phase.VERDICT: Text(en="what the kernel did", zh="内核的回答"),
    Phase.EXPLAIN: Text(en="why", zh="为什么"),
    Phase.FAILED: Text(en="not as expected", zh="与预期不符"),
    Phase.DONE: Text(en="the end", zh="结束"),
}
"""What the title says at its right end."""
FREE: Final = Text(en="what if?", zh="如果……会怎样？")
FREELY: Final = Text(
    en="Your turn: every key of the stage works. `f` returns to the lesson.",
    zh="现在由你操作：舞台的所有按键都可用。按 `f` 回到课程。",
)
REBUILDING: Final = Text(
    en="A new lab: the steps before are done again in it, now step {number}.",
    zh="新的实验环境：正在重做前面的步骤，现在是第 {number} 步。",
)
BUILDING: Final = Text(
    en="Two kernel hosts and the wire between them are being started.",
    zh="正在启动两台内核主机和它们之间的线路。",
)
WAITING: Final = Text(en="waiting for the kernel …", zh="等待内核……")
WAITING_FOR: Final = Text(en="waiting for the kernel … ({what})", zh="等待内核……（{what}）")
YOURS: Final = Text(en="your prediction", zh="你的预测")
RIGHT: Final = Text(en="Right: so it was.", zh="预测正确：确实如此。")
WRONG: Final = Text(en="Not so.", zh="不是这样。")
UNEXPECTED: Final = Text(
    en="This kernel did something else than the lesson expects.", zh="这个内核的表现与课程预期不同。"
)
EXPECTED: Final = Text(en="expected", zh="预期")
HAD: Final = Text(en="the kernel had", zh="内核实际")
MORE_PROBLEMS: Final = Text(en="… and {count} more", zh="……另有 {count} 处")
AFTER_FAILURE: Final = Text(
    en="`R` tries the step again, `Enter` goes on all the same, `L` leaves.",
    zh="`R` 重试这一步，`Enter` 照样继续，`L` 离开。",
)

FINISHED: Final = Text(en="The lesson is finished.", zh="本课结束。")
PREDICTED: Final = Text(en="Predicted right: {right} of {count}.", zh="共 {count} 题，预测对了 {right} 题。")
ALL_RIGHT: Final = Text(en="No misconception was met.", zh="没有遇到误解。")
BELIEFS: Final = Text(en="What turned out otherwise:", zh="与想象不同的地方：")
FAILED_STEPS: Final = Text(
    en="Steps in which this kernel did something else than expected: {count}.",
    zh="内核表现与预期不符的步骤：{count} 个。",
)
NEXT: Final = Text(en="Next: {title} ({minutes} min)", zh="下一课：{title}（{minutes} 分钟）")
ALONE: Final = Text(en="`L` shows all lessons.", zh="按 `L` 查看全部课程。")

RESUMED: Final = Text(
    en="Taken up where you left it: step {number} of {count}.",
    zh="从上次离开的地方继续：第 {number} 步，共 {count} 步。",
)
HINTS: Final = {
    Phase.SAY: Text(en="`Enter` goes on.", zh="`Enter` 继续。"),
    Phase.ASK: Text(en="What do you predict? Press {keys}.", zh="你的预测是什么？按 {keys}。"),
    Phase.VERDICT: Text(en="`Enter` goes on.", zh="`Enter` 继续。"),
    Phase.EXPLAIN: Text(en="`Enter` goes on.", zh="`Enter` 继续。"),
    Phase.FAILED: Text(en="`R` tries again, `Enter` goes on.", zh="`R` 重试，`Enter` 继续。"),
    Phase.DONE: Text(
        en="`R` takes the lesson again, `L` shows all lessons.", zh="`R` 重学本课，`L` 查看全部课程。"
    ),
}
"""What to press."""
NEXT_HINT: Final = Text(en="`Enter` begins the next lesson.", zh="`Enter` 开始下一课。")

PREDICT_FIRST: Final = Text(
    en="Predict first, then you will see: press {keys}.", zh="先预测，再看结果：按 {keys}。"
)
BUSY: Final = Text(en="Wait: the kernel is at work.", zh="请稍候：内核正在工作。")
FIRST_STEP: Final = Text(en="This is the first step.", zh="这是第一步。")
NOT_ASKED: Final = Text(en="Nothing is asked now.", zh="现在没有提问。")
NO_NEXT: Final = Text(en="There is no lesson after this one.", zh="后面没有课程了。")
TAUGHT: Final = Text(
    en="The lesson does this. To do it yourself press `f` (what if?).",
    zh="这由课程来做。想自己动手，请按 `f`（如果……？）。",
)
PLAYING: Final = Text(en="Return to the lesson first: `f`.", zh="先按 `f` 回到课程。")

FORWARD: Final = Text(en="next", zh="继续")
NEXT_LESSON: Final = Text(en="next lesson", zh="下一课")
BACK: Final = Text(en="back", zh="上一步")
REPEAT: Final = Text(en="repeat", zh="重做")
AGAIN: Final = Text(en="once more", zh="再学一遍")
WHAT_IF: Final = Text(en="what if?", zh="自由操作")
RETURN: Final = Text(en="return to the lesson", zh="回到课程")
LESSONS: Final = Text(en="lessons", zh="课程列表")
KEYS: Final = Text(en="keys", zh="按键")
THEME: Final = Text(en="theme", zh="配色")
QUIT: Final = Text(en="quit", zh="退出")
PREDICT: Final = Text(en="predict", zh="预测")
AUDIENCE: Final = Text(en="projector", zh="投影")
DESK: Final = Text(en="normal", zh="普通")

# the list of lessons

COURSE: Final = Text(en="The course", zh="课程")
CHOOSE: Final = Text(
    en="`Enter` begins the lesson, or takes it up where it was left. `↑` `↓` choose.",
    zh="`Enter` 开始这一课，或从上次离开处继续。`↑` `↓` 选择。",
)
MINUTES: Final = Text(en="{minutes} min", zh="{minutes} 分钟")
LEFT_AT: Final = Text(en="left at {number}/{count}", zh="停在 {number}/{count}")
DONE: Final = Text(en="done {right}/{count}", zh="完成 {right}/{count}")
DONE_PLAIN: Final = Text(en="done", zh="完成")
BUILDS_ON: Final = Text(en="Builds on: {titles}.", zh="需要先学：{titles}。")
BEGIN: Final = Text(en="begin", zh="开始")
ANEW: Final = Text(en="from the start", zh="从头开始")
LANGUAGE: Final = Text(en="中文", zh="English")
OF_ALL: Final = Text(en="{done} of {count} done", zh="{count} 课中已完成 {done} 课")
