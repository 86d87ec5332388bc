// Every text of the page, in both languages. A test compares the two lists of keys.
export const words = {
  "zh-CN": {
    other: "English", signIn: "登录", signOut: "退出", name: "用户名", password: "密码",
    wrong: "用户名或密码不正确。", tooMany: "尝试次数过多，请一分钟后再试。", unreachable: "无法连接服务器，请稍后再试。",
    queues: "队列", waiting: "等待中的来电", seats: "坐席", alarms: "告警",
    lines: "线路占用", waitingNow: "等待", talking: "通话中", ready: "空闲坐席", blocked: "今日占线拒接", pbx: "电话交换机",
    up: "正常", down: "中断", unknown: "未知", ofLimit: "共 {n} 条",
    connection: "接通率", level: "服务水平", levelAt: "{s} 秒内", rings: "三声接听率", longest: "最长等待", offered: "进线", answered: "接听", abandoned: "放弃",
    asa: "平均应答", noWaiting: "没有来电在等待。", noSeats: "还没有坐席。用 ./thirdring seat add seat-01 添加。", priority: "优先 {n}", withheld: "号码保密",
    live: "实时", connecting: "正在连接…", reconnecting: "连接已断开，正在重新连接。画面停留在 {t} 前。", stale: "画面已 {t} 没有更新，数据可能过时。",
    menu: "菜单", reserved: "分配中", ringing: "振铃", wrap_up: "话后处理", idle: "空闲", on_break: "小休", away: "离开",
    unreachable_phone: "话机未注册", empty: "无人", seconds: "{n} 秒", minutes: "{n} 分", hours: "{n} 小时", none: "—",
  },
  en: {
    other: "中文", signIn: "Sign in", signOut: "Sign out", name: "Name", password: "Password",
    wrong: "Name or password is wrong.", tooMany: "Too many attempts. Try again in a minute.", unreachable: "The server cannot be reached. Try again in a moment.",
    queues: "Queues", waiting: "Waiting calls", seats: "Seats", alarms: "Alarms",
    lines: "Lines in use", waitingNow: "Waiting", talking: "Talking", ready: "Agents idle", blocked: "Blocked today", pbx: "PBX",
    up: "Up", down: "Down", unknown: "Unknown", ofLimit: "of {n}",
    connection: "Connection rate", level: "Service level", levelAt: "within {s} s", rings: "Three-ring rate", longest: "Longest wait", offered: "Offered", answered: "Answered", abandoned: "Abandoned",
    asa: "Average answer", noWaiting: "Nobody is waiting.", noSeats: "There are no seats yet. Add one: ./thirdring seat add seat-01", priority: "priority {n}", withheld: "Withheld",
    live: "Live", connecting: "Connecting…", reconnecting: "Connection lost, reconnecting. The picture is {t} old.", stale: "No update for {t}: the picture may be out of date.",
    menu: "In the menu", reserved: "Being assigned", ringing: "Ringing", wrap_up: "Wrap-up", idle: "Idle", on_break: "On a break", away: "Away",
    unreachable_phone: "Phone not registered", empty: "Empty", seconds: "{n} s", minutes: "{n} min", hours: "{n} h", none: "–",
  },
};
