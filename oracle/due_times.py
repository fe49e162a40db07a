"""Golden due times of schedules, by croniter and zoneinfo.

Writes schedule/testdata/due.json: for each schedule the number of its due times in the
years around a change of clocks, a sha256 of all of them, and those of the days of the
changes in full. A time of the day is read by croniter on clocks without a zone and made a
moment by PEP 495 with fold=0, which is RFC 5545's rule for hours that are left out or
repeated; a schedule whose minute or hour begins with * is asked at every minute of UTC
what the zone's clocks show. Run at the repository's root, with croniter 6.0.0 and tzdata
2026.6 (pip install croniter==6.0.0 tzdata==2026.6): python oracle/due_times.py
"""

import datetime
import hashlib
import json
import pathlib
import zoneinfo

from croniter import croniter

OUT = pathlib.Path("schedule/testdata/due.json")
UTC = datetime.timezone.utc
MINUTE = datetime.timedelta(minutes=1)

ZONES = [
    ("UTC", 2026),
    ("America/New_York", 2026),
    ("Europe/Berlin", 2026),
    ("Australia/Lord_Howe", 2026),  # half an hour
    ("America/Santiago", 2025),  # at midnight, southern summer
    ("Africa/Cairo", 2025),  # the day begins at one o'clock
    ("Asia/Kathmandu", 2026),  # offset by 5:45
    ("Pacific/Apia", 2011),  # without a 30 December
    ("Africa/Casablanca", 2025),  # the clocks are put back for Ramadan
    ("America/Caracas", 2016),  # an offset for good
]
SCHEDULES = [
    "30 2 * * *",
    "30 1 * * *",
    "0 0 * * *",
    "15,45 0,1,2,3 * * *",
    "0 3 * * SUN",
    "0 2-4 * * *",
    "10 1-23/2 * * 1-5",
    "30 2 1,15 * 0",
    "5 4 29 2 *",
    "0 12 31 * *",
    "0 * * * *",
    "*/15 1 * * *",
    "*/20 2 * * SUN",
    "0 */2 * * *",
    "45 */6 1 */3 *",
    "*/7 5 * * SAT",
]


def matching(cron, clock):
    """Every time in a range of clocks without a zone that matches."""
    begin, end = clock
    times = croniter(cron, begin - MINUTE, ret_type=datetime.datetime)
    while (time := times.get_next()) < end:
        yield time


def due(cron, name, year):
    zone = zoneinfo.ZoneInfo(name)
    begin = datetime.datetime(year, 1, 1, tzinfo=UTC)
    end = datetime.datetime(year + 1, 1, 1, tzinfo=UTC)
    day = datetime.timedelta(days=2)
    clocks = set(matching(cron, (begin.replace(tzinfo=None) - day, end.replace(tzinfo=None) + day)))
    if any(field.startswith("*") for field in cron.split()[:2]):
        moments, moment = [], begin
        while moment < end:
            if moment.astimezone(zone).replace(tzinfo=None) in clocks:
                moments.append(moment)
            moment += MINUTE
        return moments
    moments = {clock.replace(tzinfo=zone, fold=0).astimezone(UTC) for clock in clocks}
    return sorted(moment for moment in moments if begin <= moment < end)


def changes(name, year):
    """The days around each change of a zone's clocks."""
    zone = zoneinfo.ZoneInfo(name)
    begin = datetime.datetime(year, 1, 1, tzinfo=UTC)
    days = [begin + datetime.timedelta(days=n) for n in range(366)]
    return [a.date() for a, b in zip(days, days[1:]) if a.astimezone(zone).utcoffset() != b.astimezone(zone).utcoffset()]


cases = []
for name, year in ZONES:
    days = changes(name, year)
    for cron in SCHEDULES:
        moments = due(cron, name, year)
        texts = [moment.strftime("%Y-%m-%dT%H:%MZ") for moment in moments]
        cases.append({
            "cron": cron,
            "timezone": name,
            "year": year,
            "count": len(texts),
            "sha256": hashlib.sha256("".join(text + "\n" for text in texts).encode()).hexdigest(),
            "changes": [t for m, t in zip(moments, texts) if m.date() in days],
        })
OUT.write_text("[\n" + ",\n".join(json.dumps(case, sort_keys=True) for case in cases) + "\n]\n")
print(f"{len(cases)} schedules, {sum(c['count'] for c in cases)} due times")
