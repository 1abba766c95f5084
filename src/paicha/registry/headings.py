"""The headings under which filing tables name their columns, in English and in Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADINGS: dict[str, tuple[str, ...]] = {
    "start": (
        "start", "start_ip", "startip", "ip_start", "begin", "low", "first", "first_address", "起始ip", "起始ip地址",
        "起始地址", "开始ip", "开始ip地址", "ip起始地址", "ip地址起始", "起始ip段",
    ),
    "end": (
        "end", "end_ip", "endip", "ip_end", "high", "last", "last_address", "终止ip", "终止ip地址", "终止地址",
        "结束ip", "结束ip地址", "截止ip", "ip终止地址", "ip地址终止", "终止ip段",
    ),
    "cidr": (
        "cidr", "range", "network", "prefix", "subnet", "ip", "ip_range", "address", "网段", "ip段", "ip地址段",
        "地址段", "ip地址", "ip网段", "子网",
    ),
    "unit": (
        "unit", "unit_name", "organisation", "organization", "org", "owner", "name", "单位", "单位名称", "使用单位",
        "使用单位名称", "使用单位/个人", "用户名称", "用户单位", "备案单位", "责任单位",
    ),
    "credit_code": (
        "credit_code", "uscc", "usci", "unified_social_credit_code", "统一社会信用代码", "社会信用代码", "信用代码",
    ),
    "nature": ("nature", "unit_nature", "kind", "单位性质", "性质", "单位类别"),
    "industry": ("industry", "sector", "行业", "行业分类", "所属行业", "单位行业分类"),
    "region": (
        "region", "region_code", "area", "area_code", "行政区划", "行政区划代码", "区划代码", "地区", "所属地区",
        "区域", "属地", "所在地市",
    ),
    "contact": ("contact", "contact_name", "联系人", "联系人姓名", "负责人"),
    "phone": ("phone", "telephone", "tel", "mobile", "联系电话", "联系人电话", "电话", "手机"),
    "email": ("email", "mail", "e-mail", "邮箱", "电子邮箱", "联系人邮箱", "电子邮件"),
    "nat": ("nat", "is_nat", "nat_flag", "是否nat", "nat标志", "是否共享出口"),
    "level": ("level", "attribution_level", "归属级别", "归属层级"),
    "valid_from": (
        "valid_from", "from", "start_date", "启用时间", "启用日期", "使用开始时间", "分配时间", "分配日期", "生效日期",
        "有效期起", "备案日期",
    ),
    "valid_to": (
        "valid_to", "to", "until", "end_date", "停用时间", "停用日期", "使用结束时间", "失效日期", "有效期止",
        "到期日期",
    ),
    "site": ("site", "站点", "网络", "所属网络"),
}  # fmt: skip
"""Accepted headings, in lower case without blanks; the first of a column that is there is used."""


def find_columns(header: Sequence[str]) -> dict[str, int]:
    """Return our columns with their places in a table that has this header."""
    names = [fold_heading(name) for name in header]
    found: dict[str, int] = {}
    for ours, theirs in HEADINGS.items():
        place = next((names.index(name) for name in theirs if name in names), None)
        if place is not None:
            found[ours] = place
    return found


def fold_heading(name: str) -> str:
    """Return a heading in lower case, without blanks and without what stands in brackets behind it."""
    text = name.strip().lower().lstrip("*").replace("（", "(").split("(", 1)[0].strip()
    return text.replace(" ", "_") if text.isascii() else text.replace(" ", "")
