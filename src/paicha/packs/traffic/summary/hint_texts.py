"""What each hint is a sign of, and its sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OWN_WILL, HIJACKED, HOSTING, RELAY = "own-will", "hijacked", "hosting", "relay"
PURPOSES = (OWN_WILL, HIJACKED, HOSTING, RELAY)
"""What hints are signs of."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One kind of hint: what it is a sign of, and its sentence with places for figures."""

    purpose: str
    text: str
    text_zh: str

    def tell(self, code: str, findings: list[str], **figures: Any) -> dict[str, Any]:
        """Return the hint as `kernel.description.HINT` has it."""
        return {
            "code": code,
            "for": self.purpose,
            "text": self.text.format(**figures),
            "text_zh": self.text_zh.format(**figures),
            "findings": findings,
        }


SIGNS = {
    "malware-indicator": Sign(
        HIJACKED,
        "a list names what it spoke to as malware's ({count} finding(s))",
        "所连域名或地址被名单列为恶意软件所用（{count} 项发现）",
    ),
    "malware-wallet": Sign(
        HIJACKED, "it mines for a wallet that a list names as malware's", "所用钱包被名单列为恶意软件所用"
    ),
    "serves-others": Sign(
        HIJACKED,
        "it is a server: it answered {number} hosts on port(s) {ports}",
        "该主机是服务器：在端口 {ports} 上应答了 {number} 台主机",
    ),
    "processor-coin-on-server": Sign(
        HIJACKED,
        "a server mines what processors mine ({algorithm}), as intruders do",
        "服务器上挖 CPU 币种（{algorithm}），入侵者多如此",
    ),
    "started-together": Sign(
        HIJACKED,
        "{number} hosts of the unit began within {minutes} min for the same login, as if by one command",
        "本单位 {number} 台主机在 {minutes} 分钟内以同一账号开始挖矿，似由同一命令启动",
    ),
    "login-at-other-units": Sign(
        HIJACKED,
        "its login was met at {number} units, which have nothing else in common here",
        "同一账号出现在 {number} 个单位，各单位之间未见其他关联",
    ),
    "by-night-only": Sign(
        HIJACKED,
        "{part:.0%} of its mining fell on the night, on {days} days",
        "{days} 天中 {part:.0%} 的挖矿活动发生在夜间",
    ),
    "special-machine": Sign(
        OWN_WILL,
        "it mines what only special machines mine at a profit ({algorithm}): somebody bought and installed them",
        "所挖算法（{algorithm}）只有专用矿机才有收益：矿机须有人购置安装",
    ),
    "graphics-cards": Sign(
        OWN_WILL,
        "it mines what graphics cards mine, or special machines ({algorithm})",
        "所挖算法（{algorithm}）由显卡或专用矿机运算",
    ),
    "machine-software": Sign(
        OWN_WILL,
        "its software is that of special machines ({software})",
        "客户端为专用矿机软件（{software}）",
    ),
    "many-workers": Sign(
        OWN_WILL,
        "one login names {number} machines at the unit: a farm under one hand",
        "同一账号在本单位下有 {number} 个矿工名：似为统一管理的矿场",
    ),
    "own-account": Sign(
        OWN_WILL,
        "it logs in with an account at a pool, which somebody registered",
        "以矿池注册账号登录，账号须有人注册",
    ),
    "steady": Sign(
        OWN_WILL,
        "it mined for {part:.0%} of the time watched, on {days} days",
        "{days} 天内 {part:.0%} 的观察时间在挖矿",
    ),
    "many-logins": Sign(
        HOSTING,
        "{number} different logins mine at the unit: perhaps it houses machines of others",
        "本单位有 {number} 个不同账号在挖矿：可能为他人托管矿机",
    ),
    "behind-relay": Sign(
        RELAY,
        "it mines through {relay}, a relay of the network with {number} clients",
        "经由网内中转 {relay} 挖矿（该中转有 {number} 个客户端）",
    ),
    "shared-unlisted-server": Sign(
        RELAY,
        "{number} hosts mine through {server}, which no list knows as a pool: perhaps a private relay outside",
        "{number} 台主机经由 {server} 挖矿，名单中没有该矿池：可能是网外私有中转",
    ),
}
"""Every hint by its code."""
