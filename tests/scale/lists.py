"""Every list that is read page by page, each way it is asked for, and the index that has its rows in order.

`@name` is an id of the furnished house. Where two indexes are named, a planner may take either: both have the rows in
order, one of them all of the organization's, when it takes a great part of them to be meant.
"""

SEARCHED = "found by the words of the search first; tests/leads/test_speed.py holds its plans"
SEGMENT = "the list of leads; asserted as `leads.index`"
BRIEF = "one thread's or one lead's rows, in order as they are shown; as few as one lead has"
TROUBLE = "what failed is few beside what was sent"

# GET endpoint → what is asked → indexes
LISTS: dict[str, dict[str, str]] = {
    "accounts.accounts_to_choose": {"": "ix_accounts_name", "q=account": "ix_accounts_name"},
    "accounts.deals": {
        "": "ix_opportunities_newest",
        "stage=proposal": "ix_opportunities_stage",
        "owner=@user": "ix_opportunities_owner",
        "owner=none": "ix_opportunities_owner ix_opportunities_newest",
        "owner=@user&stage=proposal": "ix_opportunities_owner ix_opportunities_stage",
    },
    "accounts.export": {"": "ix_accounts_name", "owner=@user": "ix_accounts_owner ix_accounts_name"},
    "accounts.index": {
        "": "ix_accounts_name",
        "q=account": "ix_accounts_name",
        "sort=newest": "ix_accounts_newest",
        "sort=health": "ix_accounts_health",
        "owner=@user": "ix_accounts_owner ix_accounts_name",
        "owner=none": "ix_accounts_owner ix_accounts_name",
        "archived=1": "ix_accounts_archived",
    },
    "accounts_api.accounts": {
        "": "ix_accounts_name",
        "sort=newest": "ix_accounts_newest",
        "sort=health": "ix_accounts_health",
        "owner=@user": "ix_accounts_owner ix_accounts_name",
        "archived=true": "ix_accounts_archived",
    },
    "automations.runs": {
        "": "ix_automation_runs_newest",
        "automation=@automation": "ix_automation_runs_log ix_automation_runs_newest",
        "lead=@lead": "ix_automation_runs_lead ix_automation_runs_newest",
        "account=@account": "ix_automation_runs_account ix_automation_runs_newest",
        "state=failed": "ix_automation_runs_state",
    },
    "bookings.index": {"": "ix_bookings_team", "view=past": "ix_bookings_team"},
    "campaigns.index": {"": "ix_campaigns_newest"},
    "campaigns.leads_behind": {
        "what=waiting": "ix_messages_campaign",
        "what=sent": "ix_messages_campaign",
        "what=skipped&why=x": "ix_messages_campaign",
    },
    "contacts_api.contacts": {
        "": "ix_contacts_newest",
        "account_id=@account": "ix_contacts_account ix_contacts_newest",
    },
    "conversations.inbox": {
        "queue=mine": "ix_conversations_mine",
        "queue=unassigned": "ix_conversations_mine ix_conversations_queue",
        "queue=all": "ix_conversations_queue",
        "queue=snoozed": "ix_conversations_queue",
        "queue=closed": "ix_conversations_queue",
    },
    "conversations.lead_timeline": {"": "ix_events_lead"},
    "conversations.new_message": {"": "ix_conversations_mine"},
    "conversations.thread_list": {"queue=all": "ix_conversations_queue", "queue=mine": "ix_conversations_mine"},
    "flows.leads_behind": {"what=waiting": "ix_messages_step", "what=sent": "ix_messages_step"},
    "flows_api.flows": {"": "uq_flows_organization_id_name sqlite_autoindex_flows_2"},
    "imports.index": {"": "ix_imports_newest"},
    "imports.show": {
        "": "pk_import_rows sqlite_autoindex_import_rows_1",
        "rows=new": "ix_import_rows_outcome",
        "rows=left": "ix_import_rows_state",
    },
    "leads.export": {"": "ix_leads_newest", "owner=@user": "ix_leads_newest"},
    "leads.index": {
        "": "ix_leads_activity",
        "status=qualified": "ix_leads_status",
        "owner=@user": "ix_leads_owner",
        "sort=created": "ix_leads_newest",
        "sort=name": "ix_leads_name",
        "sort=score": "ix_leads_score",
        "archived=1": "ix_leads_archived",
    },
    "leads_api.events": {
        "": "ix_events_newest pk_events",
        "lead_id=@lead": "ix_events_lead",
        "account_id=@account": "ix_events_account",
    },
    "leads_api.leads": {"": "ix_leads_newest", "status=qualified": "ix_leads_newest", "owner=@user": "ix_leads_newest"},
    "messages_api.conversations": {
        "": "ix_conversations_all",
        "channel=email": "ix_conversations_channel ix_conversations_all",
        "status=open": "ix_conversations_queue",
    },
    "messages_api.messages": {
        "": "ix_messages_newest",
        "channel=email": "ix_messages_channel ix_messages_newest",
        "origin=manual": "ix_messages_origin",
        "status=failed": "ix_messages_status",
    },
    "notifications.index": {"": "ix_notifications_page"},
    "opportunities_api.opportunities": {
        "": "ix_opportunities_newest",
        "account_id=@account": "ix_opportunities_account",
        "stage=proposal": "ix_opportunities_stage",
        "owner=@user": "ix_opportunities_owner",
    },
    "tasks.index": {"": "ix_tasks_assignee ix_tasks_team", "view=team": "ix_tasks_team", "view=done": "ix_tasks_done"},
    "tasks_api.tasks": {
        "": "ix_tasks_team",
        "lead_id=@lead": "ix_tasks_lead",
        "assignee_id=@user": "ix_tasks_assignee ix_tasks_team",
        "state=done": "ix_tasks_team",
    },
    "tracking.lead_visits": {"": "ix_site_visits_lead"},
}

# of what is so little that it may be sorted; of messages a page of each status, which are then merged
LITTLE = {("contacts_api.contacts", "account_id=@account"), ("automations.runs", "account=@account")} | {
    (name, query) for name in ("campaigns.leads_behind", "flows.leads_behind") for query in LISTS[name]
}

# those whose rows no index has in order, and why that is well
SORTED: dict[str, str] = {
    "campaigns.edit": SEGMENT,
    "campaigns.new": SEGMENT,
    "campaigns.segment": SEGMENT,
    "campaigns.show": SEGMENT,
    "conversations.conversation": BRIEF,
    "conversations.earlier_messages": BRIEF,
    "conversations.recipients": SEARCHED,
    "flows.people": SEARCHED,
    "leads.palette": SEARCHED,
    "leads.panel": SEGMENT,
    "sandbox.index": TROUBLE,
    "tasks.leads_to_choose": SEARCHED,
}
