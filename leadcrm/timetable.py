"""THE lists: what each lane drains, and which periodic job runs how often."""

from leadcrm.automations.jobs import drain_runs, drain_webhooks, look_for_quiet_leads
from leadcrm.conversations.jobs import (
    drain_inbound,
    drain_mailbox,
    drain_messages,
    purge_raw_inbound,
    remove_orphaned_files,
    sweep_messages,
    wake_snoozed,
)
from leadcrm.conversations.reconciling import look_for_unknown
from leadcrm.core.audit import seal_new_facts
from leadcrm.core.drains import drain_events
from leadcrm.core.idempotency import forget_old_answers
from leadcrm.core.lanes import Drain
from leadcrm.core.statistics import refresh_statistics
from leadcrm.core.timetable import Periodic
from leadcrm.flows.campaign_jobs import drain_campaigns
from leadcrm.flows.jobs import drain_deeds, drain_publications, drain_rewordings, drain_settlings, finish_enrolments
from leadcrm.identity.jobs import drain_staff_mails, forget_sign_ins
from leadcrm.imports.jobs import drain_imports, forget_old_imports
from leadcrm.privacy.jobs import drain_erasures
from leadcrm.tasks.jobs import tell_of_due_tasks
from leadcrm.tracking.jobs import drain_engagements, forget_old_tracks

LANES: dict[str, list[Drain]] = {
    "now": [
        drain_inbound,
        drain_events,
        drain_runs,
        drain_messages,
        drain_deeds,
        drain_staff_mails,
        drain_engagements,
    ],
    "slow": [
        drain_settlings,
        drain_publications,
        drain_rewordings,
        drain_campaigns,
        drain_imports,
        drain_mailbox,
        drain_erasures,
        drain_webhooks,
    ],
}
TIMETABLE: list[Periodic] = [
    Periodic("sweep_messages", "now", 5, sweep_messages),
    Periodic("wake_snoozed", "now", 60, wake_snoozed),
    Periodic("tell_of_due_tasks", "now", 30, tell_of_due_tasks),
    Periodic("look_for_unknown", "slow", 300, look_for_unknown),
    Periodic("seal_new_facts", "slow", 10, seal_new_facts),
    Periodic("look_for_quiet_leads", "slow", 60, look_for_quiet_leads),
    Periodic("purge_raw_inbound", "slow", 86_400, purge_raw_inbound),
    Periodic("remove_orphaned_files", "slow", 86_400, remove_orphaned_files),
    Periodic("forget_old_tracks", "slow", 86_400, forget_old_tracks),
    Periodic("forget_old_imports", "slow", 86_400, forget_old_imports),
    Periodic("forget_sign_ins", "slow", 86_400, forget_sign_ins),
    Periodic("finish_enrolments", "slow", 60, finish_enrolments),
    Periodic("forget_old_answers", "slow", 3600, forget_old_answers),
    Periodic("refresh_statistics", "slow", 600, refresh_statistics),
]
