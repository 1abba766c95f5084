"""The words of tables and sheets in Chinese and English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "addresses": ("IP地址数", "addresses"),
    "units": ("单位数", "units"),
    "logins": ("矿池账号数", "distinct logins"),
    "public": ("公共资源：地址 / 单位", "on public resources: addresses / units"),
    "mbps_mean": ("与矿池流量（平均，Mbps）", "pool traffic, mean (Mbps)"),
    "mbps_peak": ("与矿池流量（5分钟峰值，Mbps）", "pool traffic, 5-minute peak (Mbps)"),
    "hash_rate": ("算力", "hash rate"),
    "power_kw": ("功率（kW）", "power (kW)"),
    "energy": ("日耗电（kWh/天）", "energy (kWh/day)"),
    "revenue": ("日收入", "revenue per day"),
    "stock": ("存量", "stock"),
    "cleared": ("已清退存量", "cleared stock"),
    "increment": ("增量", "increment"),
    "hours": ("观察时长（小时）", "hours observed"),
    "observed": ("已观察地址（其中已备案）", "addresses observed (of these filed)"),
    "confirmed": ("确认", "confirmed"),
    "confirmed_or_likely": ("确认及高度疑似", "confirmed or likely"),
    "sheet": ("通报数据", "The sheet"),
    "by_nature": ("按单位性质", "By nature of unit"),
    "by_region": ("按地区", "By region"),
    "nature": ("单位性质", "nature"),
    "region": ("地区", "region"),
    "share": ("占比", "share"),
    "verdicts": ("判定", "Verdicts"),
    "grade": ("等级", "grade"),
    "subject": ("对象", "subject"),
    "site": ("网络", "site"),
    "unit": ("单位", "unit"),
    "reasons": ("理由", "reasons"),
    "inputs": ("输入", "Inputs"),
    "path": ("文件", "file"),
    "reader": ("格式", "format"),
    "records": ("记录", "records"),
    "rejected": ("拒绝", "rejected"),
    "none_read": ("没有读到任何输入，无法判断。", "No input could be read: nothing can be said."),
    "none_found": ("没有发现。", "Nothing was found."),
    "more": ("另有 {} 条，用 --json 查看全部。", "{} more; see all with --json."),
    "repeated": (
        "与先前的一次筛查完全相同：没有新增任何内容。",
        "The same as an earlier run of this workspace: nothing was added.",
    ),
    "run": ("运行", "Run"),
    "comparison": ("与真值比较", "Compared with the truth"),
    "one_in_twenty": (
        "95% 区间平均二十次中有一次不含真值；换一个省：--seed N",
        "a 95 % interval misses the truth one time in twenty; another province: --seed N",
    ),
    "truth": ("真值", "truth"),
    "found": ("结果", "found"),
    "unknown": ("未知", "unknown"),
    "hours_of_activity": ("活动时段", "hours of activity"),
    "hours_told": (
        "{days} 天内活动 {active} 小时，观察 {watched} 小时",
        "{active} of {watched} h watched, on {days} days",
    ),
    "hint_own-will": ("自愿挖矿迹象", "sign of own will"),
    "hint_hijacked": ("被控挖矿迹象", "sign of a hijacked host"),
    "hint_hosting": ("托管迹象", "sign of hosting"),
    "hint_relay": ("中转迹象", "sign of a relay"),
}


def say(key: str, language: str) -> str:
    """Return the word of `key` in `zh` or `en`."""
    zh, en = WORDS[key]
    return zh if language == "zh" else en


def name_hint(purpose: str, language: str) -> str:
    """Return what a hint is a sign of; one of a later version as it stands."""
    key = f"hint_{purpose}"
    return say(key, language) if key in WORDS else purpose
