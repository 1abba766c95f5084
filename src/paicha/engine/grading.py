"""From findings to verdicts: one statement for all packs, with every point named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from paicha.engine.backend import keep_rows
from paicha.engine.literals import fill
from paicha.kernel.grades import COMBINED_CAP, Evidence, Grade

if TYPE_CHECKING:
    from paicha.kernel.pack import Pack

REASONS = pa.list_(
    pa.struct(
        [
            ("text", pa.string()),
            ("text_zh", pa.string()),
            ("points", pa.float64()),
            ("findings", pa.list_(pa.string())),
        ]
    )
)

VERDICTS = pa.schema(
    [
        ("id", pa.string()),
        ("subject", pa.string()),
        ("subject_kind", pa.string()),
        ("site", pa.string()),
        ("grade", pa.int64()),
        ("outcome", pa.string()),
        ("score", pa.float64()),
        ("first_seen", pa.int64()),
        ("last_seen", pa.int64()),
        ("hours", pa.float64()),
        ("reasons_for", REASONS),
        ("reasons_against", REASONS),
        ("identities", pa.list_(pa.struct([("kind", pa.string()), ("value", pa.string())]))),
    ]
)
"""One row per subject with a finding, and per subject asked about; times int64 UTC microseconds."""

SUBJECTS = pa.schema([("site", pa.string()), ("subject", pa.string())])


@dataclass(frozen=True, slots=True)
class Asked:
    """Subjects (site, subject) that get a verdict without a finding.

    `listed` always, `followed` (found in an earlier run) where this run's data show them at all.
    """

    listed: pa.Table = field(default_factory=SUBJECTS.empty_table)
    followed: pa.Table = field(default_factory=SUBJECTS.empty_table)


_QUERY = """
WITH active AS (SELECT * FROM counted WHERE set_aside IS NULL),
by_rule AS (
    SELECT site, subject, evidence_kind, rule, max(grade) AS grade, count(*) AS findings
    FROM active GROUP BY ALL
),
by_kind AS (
    SELECT a.site, a.subject, a.evidence_kind, max(a.grade) AS grade, list(a.id ORDER BY a.id) AS ids,
           any_value(p.points) AS points
    FROM active a JOIN points p USING (evidence_kind) GROUP BY ALL
),
told AS (
    SELECT site, subject, evidence_kind,
           string_agg(t.en || ' (' || r.findings || ')', '; ' ORDER BY r.rule) AS en,
           string_agg(t.zh || '（' || r.findings || '）', '；' ORDER BY r.rule) AS zh
    FROM by_rule r JOIN titles t USING (rule) GROUP BY ALL
),
scored AS (
    SELECT k.site, k.subject, max(k.grade) AS claim, count(*) AS kinds, sum(k.points) AS score,
           list({'text': t.en, 'text_zh': t.zh, 'points': k.points, 'findings': k.ids}
                ORDER BY k.points DESC, k.evidence_kind) AS reasons
    FROM by_kind k JOIN told t USING (site, subject, evidence_kind) GROUP BY ALL
),
spans AS (
    SELECT site, subject, any_value(subject_kind) AS subject_kind, min(first_seen) AS first_seen,
           max(last_seen) AS last_seen, arg_max(outcome, (grade, precedence, rule)) AS outcome,
           list_sort(list_distinct(flatten(list(identities)))) AS identities
    FROM active JOIN titles USING (rule) GROUP BY ALL
),
asked AS (
    SELECT site, subject FROM spans UNION SELECT site, subject FROM listed
    UNION SELECT site, subject FROM followed SEMI JOIN observed USING (site, subject)
),
judged AS (
    SELECT a.site, a.subject, s.*, p.* EXCLUDE (site, subject),
           o.hours, o.records, o.sampling, n.hours_needed, o.first_seen AS seen_from, o.last_seen AS seen_to,
           CASE WHEN s.claim = $confirmed THEN $confirmed
                WHEN s.score >= $likely_score AND (s.claim = $likely OR s.kinds > 1) THEN least($combined, $likely)
                WHEN s.claim IS NOT NULL THEN $possible
                WHEN o.hours >= n.hours_needed AND o.sampling <= $max_sampling THEN $none
                ELSE $cannot_judge END AS grade
    FROM asked a LEFT JOIN scored s USING (site, subject) LEFT JOIN spans p USING (site, subject)
    LEFT JOIN observed o USING (site, subject)
    CROSS JOIN LATERAL (
        SELECT greatest($min_hours, if(o.sampling > 1, $hours_per_sampling * o.sampling, 0)) AS hours_needed
    ) n
)
SELECT 'v-' || left(sha256(concat_ws(chr(31), $pack, site, subject)), 20) AS id,
       subject, coalesce(subject_kind, $kind) AS subject_kind, site, grade::BIGINT AS grade, outcome,
       coalesce(score, 0.0)::DOUBLE AS score, coalesce(first_seen, seen_from) AS first_seen,
       coalesce(last_seen, seen_to) AS last_seen, coalesce(hours, 0.0)::DOUBLE AS hours,
       coalesce(reasons, []) AS reasons_for,
       CASE WHEN grade IN ($possible, $likely) THEN
              [{'text': 'nothing was read that would confirm it (no payload or book evidence)',
                'text_zh': '没有读到可确认的证据（无载荷或账簿证据）', 'points': 0.0, 'findings': []::VARCHAR[]}]
            WHEN grade = $none THEN
              [{'text': format('observed {:.1f} h, {} records, nothing found', hours, records),
                'text_zh': format('已观察 {:.1f} 小时、{} 条记录，未发现', hours, records),
                'points': 0.0, 'findings': []::VARCHAR[]}]
            WHEN grade = $cannot_judge THEN
              [{'text': format('observed {:.1f} h at sampling 1:{:.0f}; {:.1f} h would suffice, at most 1:{:.0f}',
                               coalesce(hours, 0), coalesce(sampling, 1), hours_needed, $max_sampling),
                'text_zh': format('仅观察 {:.1f} 小时，采样 1:{:.0f}；至少需要 {:.1f} 小时、采样不稀于 1:{:.0f}',
                               coalesce(hours, 0), coalesce(sampling, 1), hours_needed, $max_sampling),
                'points': 0.0, 'findings': []::VARCHAR[]}]
            ELSE [] END AS reasons_against,
       coalesce(identities, []) AS identities
FROM judged ORDER BY site, grade DESC, score DESC, subject
"""


def grade_findings(duck: Any, pack: Pack, policy: Any, counted: pa.Table, observed: pa.Table, asked: Asked) -> pa.Table:
    """Return the verdict on every subject with a finding and every listed one, as rows of `VERDICTS`.

    `counted` are findings with `counted_in` and `set_aside`; `observed` says how long each subject was seen.
    """
    kinds = [str(kind) for kind in Evidence]
    named = [rows.column("subject") for rows in (counted, asked.listed, asked.followed)]
    known = pc.unique(pa.chunked_array([chunk for column in named for chunk in column.chunks], pa.string()))
    tables = {
        "counted": counted,
        "observed": observed.filter(pc.is_in(observed.column("subject"), known)),
        "listed": asked.listed,
        "followed": asked.followed,
        "points": pa.table({"evidence_kind": kinds, "points": [policy.grading.points.get(k, 0.0) for k in kinds]}),
        "titles": pa.table(
            {
                "rule": [rule.id for rule in pack.rules],
                "en": [rule.title.en for rule in pack.rules],
                "zh": [rule.title.zh for rule in pack.rules],
                "precedence": [rule.precedence for rule in pack.rules],
            }
        ),
    }
    for name, rows in tables.items():
        keep_rows(duck, name, rows)
    parameters = {
        "pack": pack.name,
        "kind": pack.rules[0].subject_kind,
        "likely_score": policy.grading.likely_score,
        "min_hours": policy.observed.min_hours,
        "hours_per_sampling": policy.observed.hours_per_sampling,
        "max_sampling": policy.observed.max_sampling,
        "combined": int(COMBINED_CAP),
    } | {grade.name.lower(): int(grade) for grade in Grade}
    return duck.execute(fill(_QUERY, parameters)).to_arrow_table().cast(VERDICTS)
