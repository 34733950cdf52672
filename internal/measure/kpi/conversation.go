package kpi

import "github.com/entente/entente/internal/db"

// conversations is the rows of conversation c that a filter lets through.
func (a Ask) conversations(w *db.Where) *db.Where {
	f := a.Filter
	if f.Channel != "" {
		w.And("c.channel || '' = ?", f.Channel) // not by an index: a stretch of time is narrower than a channel
	}
	if f.Member != "" {
		w.And("c.assignee || '' = ?", f.Member)
	}
	if f.Topic != "" {
		w.And("EXISTS (SELECT 1 FROM post t JOIN mention m ON m.topic = ? AND m.post = t.id WHERE t.root = c.root)", f.Topic)
	}
	if f.Language != "" {
		w.And("EXISTS (SELECT 1 FROM post t JOIN enrichment e ON e.post = t.id AND e.lang = ? WHERE t.root = c.root AND t.ours = 0)", f.Language)
	}
	if f.Kind != "" {
		w.And("EXISTS (SELECT 1 FROM post t JOIN enrichment e ON e.post = t.id WHERE t.root = c.root AND t.ours = 0 AND "+ofKind+")", f.Kind)
	}
	if f.Team != "" {
		w.And("EXISTS (SELECT 1 FROM team_profile g WHERE g.member = c.assignee AND g.department = ?)", f.Team)
	}
	return a.attached(w, "c.author", "c.root")
}

// ofConversations is what conversations can be narrowed by.
func ofConversations() []Dimension {
	return []Dimension{ByChannel, ByTopic, ByLanguage, ByKind, ByMember, ByTeam, ByCommunity, ByPartner, ByCampaign}
}

// opened is the conversations opened between the cuts.
func (a Ask) opened() Source {
	w := a.conversations(a.between(&db.Where{}, "c.opened_at"))
	return Source{Table: "conversation c", ID: "c.id", At: "c.opened_at", Where: w}
}
