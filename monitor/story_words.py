"""The sentences of monitor/story.py in each language; names in braces are the outcome's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `events` is by the outcome's class; one that is not there has no sentence."""

    events: Mapping[str, str]
    strategies: Mapping[str, str]
    ring_ends: Mapping[str, str]
    who: Mapping[str, str]
    obstacles: Mapping[str, str]
    known: str
    withheld: str
    pressed: str
    silence: str
    already: str
    interval: str
    overdue: str
    place: str
    offered: str
    offers: Mapping[str, str]
    relaxed: str
    by_choice: str
    forgiving: str
    missed: str
    behind: str
    caller: str
    comma: str
    semicolon: str


ENGLISH = Words(
    events={
        "CallEntered": "The call came in on hotline {hotline} over trunk {trunk}; {from_whom} {caller}.",
        "MenuChosen": "At {node_name} the caller {pressed}.",
        "MessageTaken": "The caller left a message about {topic}, {lasted_s} s long.",
        "SurveyMarked": "The caller gave the mark {mark} to {question}.",
        "CallOffered": "It asked for an agent: queue {queue}, language {language}, priority {priority}{already}.",
        "PromiseMade": "After {waited_s} s in the queue {promised}.",
        "WaitTold": "The caller was told the place{place}{offered}.",
        "FlowBegan": "The caller went on in flow {flow}.",
        "FlowLeft": "The caller was back in queue {queue}, at the old place.",
        "CallLeftMessage": "After {waited_s} s in queue {queue} the caller left a message instead.",
        "CallTurnedIntoCallback": "After {waited_s} s in queue {queue} the caller asked to be called back.",
        "SeatReserved": "{agent} at {seat} was chosen out of {considered} who could take it: {why}.",
        "CallNoted": "{agent} wrote a note.",
        "CaseOpened": "{by} opened the case {case} ({kind}).",
        "PopShown": "The screen of {agent} showed the call after {took_s} s.",
        "PopUnseen": "The screen of {agent} did not show the call in time, so that the phone was not rung.",
        "RingBegan": "The phone at {seat} rang.",
        "RingEnded": "The ring at {seat} ended after {rang_s} s: {how}.",
        "CallAnswered": "{agent} answered at {seat}, {waited_s} s after the call had asked, at ring number {tries}.",
        "TalkEnded": "The talk with {agent} lasted {talk_s} s; {who}.",
        "TalkBegan": "{agent} had the call at {seat}.",
        "CallHeld": "{agent} put the caller on hold.",
        "HoldReminded": "After {held_s} s of music both were reminded.",
        "CallResumed": "{agent} was back with the caller after {held_s} s of music.",
        "ListeningBegan": "{by} began to listen.",
        "ListeningChanged": "{by} went on listening in another way: {mode}.",
        "ListeningEnded": "{by} listened for {lasted_s} s ({why}).",
        "RecordingPaused": "The recording was silenced for {agent}, by {by}.",
        "RecordingResumed": "After {paused_s} s of silence the recording went on ({how}).",
        "RecordingFinished": "{kept} s were archived; {missing_s} s of talk are missing.",
        "RecordingLost": "A recording was lost ({cause}).",
        "RecordingErased": "A recording was erased by {by}: {why}.",
        "ConsultBegan": "{agent} asked {to_agent} at {to_seat}, while the caller heard music.",
        "ConsultAnswered": "{to_agent} answered the question.",
        "ConferenceBegan": "{third} joined {agent} and the caller: three in one talk.",
        "ConsultEnded": "The consult with {to_agent} was over after {lasted_s} s ({how}).",
        "CallTransferred": "{agent} gave the call to {to} ({how}).",
        "OutsideDialled": "The number {number} outside was called for {whom} ({why}).",
        "OutsideAnswered": "Somebody at {number} had {whom} on the line, over trunk {trunk}.",
        "OutsideEnded": "The part of {number} was over after {talk_s} s of talk ({outcome}).",
        "CallMoved": "It came from queue {from_queue} to {queue} ({why}), priority {priority}.",
        "CallFlowedOut": "It left queue {queue} unanswered after {waited_s} s ({why}).",
        "PriorityChanged": "Its priority was set to {priority}.",
        "CallAbandoned": "The caller hung up after waiting {waited_s} s.",
        "CallLost": "The PBX died with the call on it.",
        "CallEnded": "The call was over after {lasted_s} s ({how}).",
    },
    strategies={
        "longest-idle": "idle the longest, for {idle} s",
        "best-skill": "the best skilled, level {score:g} in all",
        "least-occupied": "the least occupied, {score:.0%}",
        "round-robin": "next in turn",
        "case-owner": "who owns the caller's open case",
        "preferred-agent": "who spoke with this caller last",
        "named": "who was asked for in the transfer",
    },
    ring_ends={
        "answered": "answered",
        "missed": "not answered within three rings",
        "caller_gone": "the caller hung up first",
        "withdrawn": "taken back",
        "elsewhere": "answered at another seat first",
        "rejected": "rejected, or the phone was busy",
        "failed": "the phone could not be rung",
    },
    who={
        "caller": "the caller hung up",
        "agent": "the agent hung up",
        "pbx": "the PBX ended it",
        "transfer": "the call went on to somebody else",
    },
    obstacles={
        "unskilled": "{agent} has not the skills this queue asks for",
        "language": "{agent} does not speak {detail}",
        "signed_out": "{agent} is not signed in",
        "on_break": "{agent} is on a break",
        "away": "{agent} is away after missed rings",
        "busy": "{agent} is busy ({detail})",
        "phone_gone": "{agent}'s phone cannot be reached",
        "phone_rests": "{agent}'s phone rests after failed rings",
        "phone_busy": "{agent}'s phone is in another call",
        "held_for_another": "{agent} may serve, but the caller waits for {detail} a little longer",
        "withheld": "{agent} gets no calls at the moment ({detail})",
        "missed_it": "{agent} let this call ring before",
        "may_serve": "{agent} may serve and is the next to be asked",
        "not_named": "{agent} could have served, but {detail} was asked for",
        "behind": "{agent} could have served too, and was number {detail} in turn",
        "chosen": "{agent} was chosen",
    },
    known="number",
    withheld="number withheld",
    pressed="pressed {key}",
    silence="pressed nothing",
    already=", having waited {waited} s already",
    interval="the estimate was {low} to {high} more minutes",
    overdue="the time promised was over",
    place=": {ahead} before",
    offered=", and offered {what}",
    offers={"1": "a callback", "2": "a message"},
    relaxed="requirements had relaxed by {step} step(s)",
    by_choice="somebody asked for this agent",
    forgiving="all who could had missed it before, so they were asked again",
    missed="{agents} had missed it before",
    behind="next would have been {agents}",
    caller="the caller",
    comma=", ",
    semicolon="; ",
)

CHINESE = Words(
    events={
        "CallEntered": "来电进入热线{hotline}，中继{trunk}；{from_whom}{caller}。",
        "MenuChosen": "在菜单{node_name}，来电者{pressed}。",
        "MessageTaken": "来电者留言，主题{topic}，{lasted_s}秒。",
        "SurveyMarked": "来电者对{question}评分{mark}。",
        "CallOffered": "请求人工：队列{queue}，语言{language}，优先级{priority}{already}。",
        "PromiseMade": "排队{waited_s}秒后{promised}。",
        "WaitTold": "向来电者播报排队情况{place}{offered}。",
        "FlowBegan": "来电者进入流程{flow}。",
        "FlowLeft": "来电者回到队列{queue}原来的位置。",
        "CallLeftMessage": "在队列{queue}等待{waited_s}秒后，来电者改为留言。",
        "CallTurnedIntoCallback": "在队列{queue}等待{waited_s}秒后，来电者要求回拨。",
        "SeatReserved": "在{considered}位可接听的坐席中选中{seat}的{agent}：{why}。",
        "CallNoted": "{agent}填写了备注。",
        "CaseOpened": "{by}建立工单{case}（{kind}）。",
        "PopShown": "{agent}的屏幕在{took_s}秒后弹出来电。",
        "PopUnseen": "{agent}的屏幕未及时弹出来电，话机没有振铃。",
        "RingBegan": "{seat}的话机开始振铃。",
        "RingEnded": "{seat}振铃{rang_s}秒后结束：{how}。",
        "CallAnswered": "{agent}在{seat}接听，排队{waited_s}秒，第{tries}次振铃。",
        "TalkEnded": "与{agent}通话{talk_s}秒；{who}。",
        "TalkBegan": "{agent}在{seat}接手来电。",
        "CallHeld": "{agent}将来电者置于保持。",
        "HoldReminded": "保持{held_s}秒后提醒双方。",
        "CallResumed": "保持{held_s}秒后，{agent}恢复通话。",
        "ListeningBegan": "{by}开始监听。",
        "ListeningChanged": "{by}改变监听方式：{mode}。",
        "ListeningEnded": "{by}监听{lasted_s}秒（{why}）。",
        "RecordingPaused": "{by}为{agent}暂停录音。",
        "RecordingResumed": "静音{paused_s}秒后恢复录音（{how}）。",
        "RecordingFinished": "已归档{kept}秒录音，缺{missing_s}秒通话。",
        "RecordingLost": "一段录音丢失（{cause}）。",
        "RecordingErased": "{by}删除了一段录音：{why}。",
        "ConsultBegan": "{agent}向{to_seat}的{to_agent}咨询，来电者听音乐。",
        "ConsultAnswered": "{to_agent}应答咨询。",
        "ConferenceBegan": "{third}加入{agent}与来电者，三方通话。",
        "ConsultEnded": "与{to_agent}的咨询{lasted_s}秒后结束（{how}）。",
        "CallTransferred": "{agent}将来电转给{to}（{how}）。",
        "OutsideDialled": "为{whom}呼叫外线{number}（{why}）。",
        "OutsideAnswered": "外线{number}与{whom}接通，中继{trunk}。",
        "OutsideEnded": "外线{number}部分结束，通话{talk_s}秒（{outcome}）。",
        "CallMoved": "来电由队列{from_queue}转到{queue}（{why}），优先级{priority}。",
        "CallFlowedOut": "等待{waited_s}秒后未接听即离开队列{queue}（{why}）。",
        "PriorityChanged": "优先级改为{priority}。",
        "CallAbandoned": "来电者等待{waited_s}秒后挂断。",
        "CallLost": "交换机故障，通话丢失。",
        "CallEnded": "全程{lasted_s}秒，呼叫结束（{how}）。",
    },
    strategies={
        "longest-idle": "空闲最久，已{idle}秒",
        "best-skill": "技能最高，合计{score:g}级",
        "least-occupied": "占用率最低，{score:.0%}",
        "round-robin": "轮到此坐席",
        "case-owner": "此来电者未结工单的负责人",
        "preferred-agent": "上次与此来电者通话的坐席",
        "named": "转接时指定的坐席",
    },
    ring_ends={
        "answered": "已接听",
        "missed": "三声内无人接听",
        "caller_gone": "来电者先挂断",
        "withdrawn": "已收回",
        "elsewhere": "其他坐席先接听",
        "rejected": "被拒接或话机忙",
        "failed": "话机无法振铃",
    },
    who={"caller": "来电者挂断", "agent": "坐席挂断", "pbx": "交换机结束", "transfer": "来电已转给他人"},
    obstacles={
        "unskilled": "{agent}不具备此队列要求的技能",
        "language": "{agent}不会说{detail}",
        "signed_out": "{agent}未签入",
        "on_break": "{agent}正在小休",
        "away": "{agent}因漏接已置为离开",
        "busy": "{agent}忙（{detail}）",
        "phone_gone": "{agent}的话机不可达",
        "phone_rests": "{agent}的话机振铃失败后暂停",
        "phone_busy": "{agent}的话机正在另一通话中",
        "held_for_another": "{agent}可以接听，但来电者还在等待{detail}",
        "withheld": "{agent}暂不分配来电（{detail}）",
        "missed_it": "{agent}漏接过此来电",
        "may_serve": "{agent}可以接听，将是下一位",
        "not_named": "{agent}本可接听，但指定了{detail}",
        "behind": "{agent}也可接听，排在第{detail}位",
        "chosen": "{agent}被选中",
    },
    known="主叫",
    withheld="主叫号码未显示",
    pressed="按了{key}",
    silence="没有按键",
    already="，此前已等待{waited}秒",
    interval="预计还需{low}到{high}分钟",
    overdue="已超过预计时间",
    place="：前面{ahead}位",
    offered="，并提供{what}",
    offers={"1": "回拨", "2": "留言"},
    relaxed="要求已放宽{step}级",
    by_choice="由他人指定",
    forgiving="可接听者都漏接过，故再次振铃",
    missed="{agents}漏接过此来电",
    behind="其后依次为{agents}",
    caller="来电者",
    comma="、",
    semicolon="；",
)

WORDS: Mapping[str, Words] = {"en": ENGLISH, "zh-CN": CHINESE}
