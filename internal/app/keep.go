package app

import (
	"context"
	"io"

	"github.com/entente/entente/internal/archive"
	"github.com/entente/entente/internal/problem"
)

// kept are the tables of what is not derived, in an order in which they can be filled. What only this machine can use stays: sessions,
// tokens, links in mails, attempts to sign in, running imports.
func kept() []archive.Table {
	return []archive.Table{
		{Name: "organisation", Order: "one"},
		{Name: "member", Order: "id"},
		{Name: "setting", Order: "key"},
		{Name: "audit", Order: "id"},
		{Name: "channel", Order: "id"},
		{Name: "channel_state", Order: "channel"},
		{Name: "outgoing", Order: "id"},
		{Name: "topic", Order: "id"},
		{Name: "community", Order: "id"},
		{Name: "community_space", Order: "id"},
		{Name: "community_board", Order: "space"},
		{Name: "community_embed", Order: "community"},
		{Name: "community_search_miss", Order: "community, words"},
		{Name: "community_invitation", Order: "id"},
		{Name: "community_ambassador", Order: "member"},
		{Name: "community_ambassador_ask", Order: "id"},
		{Name: "lead", Order: "id"},
		{Name: "contact_point", Order: "id"},
		{Name: "contact_delivery", Order: "post"},
		{Name: "contact_file", Order: "id"},
		{Name: "contact_file_part", Order: "file, part"},
		{Name: "community_profile", Order: "member"},
		{Name: "fediverse_place", Order: "community"},
		{Name: "fediverse_actor", Order: "uri"},
		{Name: "fediverse_follower", Order: "community, actor"},
		{Name: "fediverse_block", Order: "id"},
		{Name: "fediverse_refusal", Order: "member"},
		{Name: "fediverse_seen", Order: "activity"},
		{Name: "fediverse_event", Order: "id"},
		{Name: "fediverse_delivery", Order: "event, inbox"},
		{Name: "community_membership", Order: "member, community, space"},
		{Name: "enrich_setting", Order: "one"},
		{Name: "enrich_remote", Order: "id"},
		{Name: "translate_remote", Order: "id"},
		{Name: "audit_sample", Order: "id"},
		{Name: "audit_sample_post", Order: "sample, place"},
		{Name: "strategy_map", Order: "id"},
		{Name: "perspective", Order: "map, position, id"},
		{Name: "theme", Order: "id"},
		{Name: "objective", Order: "id"},
		{Name: "objective_theme", Order: "objective, theme"},
		{Name: "objective_measure", Order: "id"},
		{Name: "objective_link", Order: "origin, serves"},
		{Name: "measure_own", Order: "id"},
		{Name: "measure_own_version", Order: "own, version"},
		{Name: "measure_calendar", Order: "one"},
		{Name: "contribution", Order: "origin, serves"},
		{Name: "objective_override", Order: "objective, letter"},
		{Name: "strategy_change", Order: "id"},
		{Name: "initiative", Order: "id"},
		{Name: "initiative_step", Order: "id"},
		{Name: "initiative_booking", Order: "id"},
		{Name: "orientation_answer", Order: "question"},
		{Name: "orientation_put", Order: "proposal"},
		{Name: "readiness_answer", Order: "id"},
		{Name: "gate_opening", Order: "id"},
		{Name: "risk_entry", Order: "id"},
		{Name: "pestle_entry", Order: "id"},
		{Name: "decision", Order: "id"},
		{Name: "review", Order: "id"},
		{Name: "review_action", Order: "id"},
		{Name: "spending", Order: "id"},
		{Name: "insight", Order: "id"},
		{Name: "tie_plan", Order: "id"},
		{Name: "charter_version", Order: "number"},
		{Name: "charter_acknowledgement", Order: "version, member"},
		{Name: "inbox_view", Order: "id"},
		{Name: "service_told", Order: "conversation, n, step"},
		{Name: "unsent_told", Order: "sending, state"},
		{Name: "survey_ask", Order: "id"},
		{Name: "survey_refusal", Order: "author"},
		{Name: "rule", Order: "id"},
		{Name: "rule_firing", Order: "id"},
		{Name: "watch_rule", Order: "id"},
		{Name: "team_profile", Order: "member"},
		{Name: "team_aim", Order: "id"},
		{Name: "team_time", Order: "member, day"},
		{Name: "course", Order: "id"},
		{Name: "course_version", Order: "course, number"},
		{Name: "course_attempt", Order: "id"},
		{Name: "course_try", Order: "attempt, step, try"},
		{Name: "certificate", Order: "id"},
		{Name: "course_welcome", Order: "member"},
		{Name: "team_work", Order: "id"},
		{Name: "team_duty", Order: "work, who"},
		{Name: "inbox_notice", Order: "id"},
		{Name: "routing_rule", Order: "id"},
		{Name: "routing_divert", Order: "id"},
		{Name: "routing_diverted", Order: "conversation, divert"},
		{Name: "dashboard", Order: "id"},
		{Name: "report_plan", Order: "id"},
		{Name: "report_refusal", Order: "plan, address"},
		{Name: "report_sending", Order: "id"},
		{Name: "value_line", Order: "id"},
		{Name: "community_read", Order: "member, thread"},
		{Name: "community_follow", Order: "member, thread"},
		{Name: "community_case", Order: "id"},
		{Name: "community_flag", Order: "case_id, member"},
		{Name: "community_claim", Order: "id"},
		{Name: "community_former", Order: "kind, within, address"},
		{Name: "community_bridge", Order: "id"},
		{Name: "community_sanction", Order: "id"},
		{Name: "community_rule", Order: "community"},
		{Name: "community_notice", Order: "id"},
		{Name: "community_heard", Order: "fact"},
		{Name: "community_level", Order: "member, place"},
		{Name: "community_wish", Order: "member, community"},
		{Name: "community_mail", Order: "id"},
		{Name: "community_file", Order: "id"},
		{Name: "community_file_part", Order: "file, part"},
		{Name: "letter", Order: "id"},
		{Name: "letter_part", Order: "letter, part"},
		{Name: "community_bookmark", Order: "member, post"},
		{Name: "community_calendar", Order: "member, community"},
		{Name: "situation_copy", Order: "statement, conversation"},
		{Name: "situation_playbook", Order: "id"},
		{Name: "situation_dismissed", Order: "conversation"},
		{Name: "inbox_place", Order: "channel"},
		{Name: "reply_approval", Order: "id"},
		{Name: "reply_pair", Order: "post"},
		{Name: "reply_draft", Order: "conversation, member"},
		{Name: "saved_reply", Order: "id"},
		{Name: "reply_help", Order: "sending, kind, ref"},
		{Name: "reply_kept", Order: "sending"},
		{Name: "activity", Order: "tx, seq"},
	}
}

// Export writes everything that is kept.
func (a *App) Export(ctx context.Context, w io.Writer, progress func(table string, rows int)) (archive.Manifest, error) {
	return archive.Write(ctx, a.DB, w, kept(), a.Clock(), progress)
}

// ReadArchive reads an archive into this installation, which must be empty, and derives the rest.
func (a *App) ReadArchive(ctx context.Context, r io.ReaderAt, size int64, progress func(table string, rows int)) (archive.Manifest, error) {
	m, err := archive.Read(ctx, a.DB, r, size, kept(), progress)
	if err != nil {
		return m, err
	}
	return m, a.Ledger.Finish(ctx)
}

// ResetLink is a link with which a member sets a new password.
func (a *App) ResetLink(ctx context.Context, email string) (string, error) {
	m, err := a.Org.ByEmail(ctx, email)
	if err != nil {
		return "", err
	}
	if m == nil {
		return "", problem.New(problem.Missing, "problem.not_found")
	}
	d, err := a.Org.ResetLink(ctx, m.ID)
	if err != nil {
		return "", err
	}
	return a.Config.Public() + d.Path, nil
}
