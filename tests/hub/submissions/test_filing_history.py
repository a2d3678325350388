"""Many submissions, one after another and some at once, leave what a simple register would hold."""

import asyncio
import random

from tests.hub.submissions.filing_scene import REPORT, csv_of

NUMBERS = [f"R-{number}" for number in range(6)]


class Register:
    """What was filed and not taken back: the obvious way to keep it."""

    def __init__(self):
        self.filed = {}
        self.gone = set()

    def take(self, rows):
        """Take a submission, or refuse all of it."""
        if any(row["action"] == "WITHDRAW" and row["report_id"] not in self.filed for row in rows):
            return "REFUSED"
        for row in rows:
            if row["action"] == "WITHDRAW":
                self.gone.add(row["report_id"])
                del self.filed[row["report_id"]]
            else:
                self.gone.discard(row["report_id"])
                self.filed[row["report_id"]] = row["quantity"]
        return "PUBLISHED"


def drawn(chance):
    """Draw a submission: a few numbers, each filed or taken back."""
    numbers = chance.sample(NUMBERS, chance.randint(1, 3))
    return [
        {"action": "WITHDRAW", "report_id": number}
        if chance.random() < 0.35
        else REPORT | {"action": "", "report_id": number, "quantity": str(chance.randint(1, 9))}
        for number in numbers
    ]


async def test_filings_withdrawals_and_repeats_leave_what_a_register_holds(filing):
    chance, register, sent = random.Random(7), Register(), []
    for at in range(30):
        if sent and chance.random() < 0.3:
            # Sent again, much later or at once, and twice at the same time.
            key, content, state = chance.choice(sent)
            answers = await asyncio.gather(*(filing.post(content, key=key) for _ in range(2)))
            assert [answer.json()["state"] for answer in answers] == [state] * 2
        else:
            rows = drawn(chance)
            key, content, state = f"k-{at}", csv_of(rows), register.take(rows)
            answers = await asyncio.gather(*(filing.post(content, key=key) for _ in range(2)))
            assert [answer.json()["state"] for answer in answers] == [state] * 2, rows
            sent.append((key, content, state))
        found = await filing.current("national_id, listing, quantity::int::text")
        expected = {(number, "LISTED", text) for number, text in register.filed.items()}
        assert {row for row in found if row[1] == "LISTED"} == expected
        assert {row[0] for row in found if row[1] == "NO_LONGER_LISTED"} == register.gone
    assert {state for _, _, state in sent} == {"PUBLISHED", "REFUSED"}
    assert await filing.query("SELECT count(*) FROM submission") == [(len(sent),)]
