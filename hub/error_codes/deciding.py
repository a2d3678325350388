"""Codes that those get who file, decide and set up: agencies, the secretariat, voters, curators."""

from hub.error_codes.entry import Code, Codes

_ANY = "whoever decides"
_AGENCIES = "agencies, the secretariat"
_CURATORS = "agencies' curators"
_DRAFTERS = "owners, the secretariat"
_FILING = "agencies that file"
_POLICIES = "owners, the secretariat, operators"

DECIDING: Codes = {
    "NOT_YOURS": Code(
        (403,),
        _ANY,
        "it belongs to another member or role",
        "ask with a client of those that the message names",
    ),
    "FOUR_EYES": Code(
        (403,),
        _ANY,
        "you took the step before this one yourself",
        "have another person take this one",
    ),
    "WRONG_STATE": Code(
        (409,),
        _ANY,
        "the agreement or issuer is past this step, or not there yet",
        "take one of the steps that the message names",
    ),
    "ID_TAKEN": Code(
        (409,),
        _DRAFTERS,
        "another owner's agreement has this id",
        "choose another id",
    ),
    "SAME_VERSION": Code(
        (409,),
        _DRAFTERS,
        "an open version says the same",
        "go on with that one",
    ),
    "POLICY_FAULT": Code(
        (400,),
        _POLICIES,
        "a policy can't be read, compiled or admitted",
        "mend each place that the message lists",
    ),
    "POLICY_UNDECIDED": Code(
        (503,),
        _POLICIES,
        "the policies in force can't be turned into a decision, so nothing is shown",
        "look for the policy in the hub's log, and suspend or mend it",
    ),
    "NO_POLICIES": Code(
        (503,),
        "operators",
        "no policies are in force, so nothing is shown",
        "start the hub, which admits them",
    ),
    "DAMAGED_POLICIES": Code(
        (503,),
        "operators",
        "the policies in force are not what was approved, so nothing is shown",
        "restart the hub, which admits them anew, and find out who changed its database",
    ),
    "PREVIEW_TIMEOUT": Code(
        (504,),
        _DRAFTERS,
        "counting what a draft would change takes too long",
        "preview fewer changes at once, or when the hub is less busy",
    ),
    "BUSY": Code(
        (503,),
        _DRAFTERS,
        "another draft is being previewed",
        "ask again shortly",
    ),
    "MODE_IN_FORCE": Code(
        (409,),
        "voting regulators",
        "the vote is for routine, which is the mode",
        "withdraw your vote instead",
    ),
    "NO_VOTE": Code(
        (409,),
        "voting regulators",
        "no vote of your member stands that could be withdrawn",
        "to end a mode that is in force, vote for `routine`",
    ),
    "NOT_A_VOTER": Code(
        (403,),
        "voting regulators",
        "members' regulators alone vote on the mode",
        "ask with a client of the role `regulator`",
    ),
    "DECIDED": Code(
        (409,),
        _CURATORS,
        "the text is decided on already, or no decision stands",
        "read its reason, and pass `supersedes` to decide otherwise",
    ),
    "COMBINATION": Code(
        (400,),
        _CURATORS,
        "the text names several substances, and an ingredient holds one",
        "leave it open, and have the feed take it apart",
    ),
    "UNKNOWN_SUBSTANCE": Code(
        (400,),
        _CURATORS,
        "the register has no such INN",
        "take one that the message offers, or have it added to the register",
    ),
    "NOT_HELD": Code(
        (409,),
        _AGENCIES,
        "the pull is held no more; the message says what became of it",
        "look at the feed's newest pull",
    ),
    "NOT_PROPOSED": Code(
        (409,),
        _AGENCIES,
        "someone proposed the opposite meanwhile",
        "look at the pull, and propose it again",
    ),
    "NEWER_PUBLISHED": Code(
        (409,),
        _AGENCIES,
        "newer data are being served than those that are held",
        "reject the held pull",
    ),
    "OLDER_PULL": Code(
        (409,),
        "operators",
        "the pull to replay is older than the one that is being served",
        "compare without publishing, or replay the newer one",
    ),
    "CRON_INVALID": Code(
        (400,),
        _AGENCIES,
        "the text is no cron line",
        "write minute, hour, day, month and weekday",
    ),
    "CRON_TOO_FREQUENT": Code(
        (400,),
        _AGENCIES,
        "the schedule pulls more often than a source should be asked",
        "name fewer minutes",
    ),
    "IDEMPOTENCY_KEY": Code(
        (400,),
        _FILING,
        "the idempotency key is empty, too long or not printable",
        "draw a random one for each submission",
    ),
    "IDEMPOTENCY_KEY_REUSED": Code(
        (409,),
        _FILING,
        "the key stands for another submission",
        "send that one again as it was, or draw a new key",
    ),
    "TOO_MANY_ROWS": Code(
        (413,),
        _FILING,
        "the file has too many rows",
        "file it in parts",
    ),
    "WEBHOOK_KNOWN": Code(
        (409,),
        _AGENCIES,
        "the address is a webhook of yours already",
        "remove it first, if it needs a new secret",
    ),
    "WEBHOOK_LIMIT": Code(
        (409,),
        _AGENCIES,
        "your member has as many webhooks as it may",
        "remove one first",
    ),
    "ADDRESS_REFUSED": Code(
        (400, 403),
        "agencies, operators",
        "the hub does not send to this address, or pull from it",
        "name a public https address with a host and a path",
    ),
}
"""What may stand in the way of a step, a report or a setting."""
