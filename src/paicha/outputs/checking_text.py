"""The answer to a quick question as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS = {"address": ("地址", "address"), "host": ("域名", "host name"), "wallet": ("钱包", "wallet")}


def print_answer(answer: Mapping[str, Any], language: str) -> None:
    """Print what is known of a name, address or wallet."""
    console = Console()
    is_chinese = language == "zh"

    def write(zh: str, en: str) -> None:
        console.print(zh if is_chinese else en, markup=False, highlight=False)

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
    for row in answer.get("indicators", ()):
        port = f":{row['port']}" if row["port"] else ""
        shared = ("，共享主机", ", shared hosting") if row["is_shared_hosting"] else ("", "")
        text = f"  {row['value']}{port}  {row['pool'] or '–'}  {row['coin'] or '–'}  {row['purpose']}"
        write(
            f"{text}  最近确认 {row['last_seen'] or '未知'}{shared[0]}（{row['source']}）",
            f"{text}  last confirmed {row['last_seen'] or 'unknown'}{shared[1]} ({row['source']})",
        )
    if not answer.get("indicators") and "indicators" in answer:
        write("  不在任何名单中", "  on no list")
    if owner := answer.get("owner"):
        write(
            f"  单位：{owner['unit'] or '未知'}（{owner['level']}）",
            f"  unit: {owner['unit'] or 'unknown'} ({owner['level']})",
        )
    for verdict in answer["verdicts"]:
        text = f"  {verdict['subject']}  {verdict['grade']}  {verdict['unit'] or '–'}  {verdict['id']}"
        write(text, text)
