"""The answer to a quick question as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.outputs.printable import make_all_printable
from paicha.outputs.terminal import open_console

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_KINDS = {"address": ("地址", "address"), "host": ("域名", "host name"), "wallet": ("钱包", "wallet")}


def print_answer(answer: Mapping[str, Any], language: str) -> None:
    """Print what is known of a name, address or wallet."""
    console = open_console()
    answer = make_all_printable(answer)
    is_chinese = language == "zh"

    def write(zh: str, en: str) -> None:
        console.print(zh if is_chinese else en, highlight=False)

    kind_zh, kind_en = _KINDS[answer["kind"]]
    write(f"{answer['value']}（{kind_zh}）", f"{answer['value']} ({kind_en})")
    if wallet := answer.get("wallet"):
        coins = ", ".join(wallet["coins"]) or "?"
        words = {
            True: ("校验正确", "checksum right"),
            False: ("校验错误", "checksum wrong"),
            None: ("无校验", "unchecked"),
        }
        zh, en = words[wallet["valid"]]
        write(f"  {coins}：{zh}", f"  {coins}: {en}")
    for row in gather_ports(answer["indicators"]):
        shared = ("，共享主机", ", shared hosting") if row["is_shared_hosting"] else ("", "")
        day = (row["last_seen"] or "")[:10]
        text = f"  {row['value']}  {row['pool'] or '–'}  {row['coins']}  {row['purpose']}"
        write(
            f"{text}  最近确认 {day or '未知'}{shared[0]}（{row['source']}）",
            f"{text}  last confirmed {day or 'unknown'}{shared[1]} ({row['source']})",
        )
    if not answer["indicators"]:
        write("  不在任何名单中", "  on no list")
    if owner := answer.get("owner"):
        write(
            f"  单位：{owner['unit'] or '未知'}（{owner['level']}）",
            f"  unit: {owner['unit'] or 'unknown'} ({owner['level']})",
        )
    for verdict in answer["verdicts"]:
        text = f"  {verdict['subject']}  {verdict['grade']}  {verdict['unit'] or '–'}  {verdict['id']}"
        write(text, text)


def gather_ports(indicators: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row per host, pool and purpose; `coins` lists its coins, each with its ports in ascending order.

    `last_seen` is the latest confirmation of any port, `source` names every list once.
    """
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in indicators:
        key = (row["value"], row["pool"], row["purpose"], row["is_shared_hosting"])
        groups.setdefault(key, []).append(row)
    return [
        dict(rows[0])
        | {
            "coins": _list_coins(rows),
            "last_seen": max((row["last_seen"] for row in rows if row["last_seen"]), default=None),
            "source": "; ".join(dict.fromkeys(part for row in rows for part in row["source"].split("; "))),
        }
        for rows in groups.values()
    ]


def _list_coins(rows: Sequence[Mapping[str, Any]]) -> str:
    ports: dict[str, set[int]] = {}
    for row in rows:
        known = ports.setdefault(row["coin"] or "–", set())
        if row["port"]:
            known.add(row["port"])
    return ", ".join(" ".join((coin, *(f":{port}" for port in sorted(ports[coin])))) for coin in sorted(ports))
