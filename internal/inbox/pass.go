package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// PassReason is why somebody will not have a conversation.
type PassReason string

// The reasons to pass.
const (
	PassSkill    PassReason = "skill"    // I cannot answer this
	PassTime     PassReason = "time"     // not in time
	PassLanguage PassReason = "language" // I do not write it well enough
	PassKnown    PassReason = "known"    // I know whoever asks
	PassOther    PassReason = "other"    // said in words
)

// PassReasons lists the reasons to pass.
func PassReasons() []PassReason {
	return []PassReason{PassSkill, PassTime, PassLanguage, PassKnown, PassOther}
}

const maxWords = 500 // characters

// Pass is somebody who will not have a conversation; it is not suggested to them again.
type Pass struct {
	Member, Name string
	Reason       PassReason
	Words        string
	At           time.Time
}

// Pass says that whoever acts will not have a conversation. If they have it, it is everybody's again, and the social team is told.
func (s *Service) Pass(ctx context.Context, conversation string, reason PassReason, words string) (Conversation, error) {
	if !slices.Contains(PassReasons(), reason) {
		return Conversation{}, problem.New(problem.Invalid, "problem.required").On("reason")
	}
	words, err := fewWords(words, reason == PassOther)
	if err != nil {
		return Conversation{}, err
	}
	social, err := s.SocialTeam(ctx)
	if err != nil {
		return Conversation{}, err
	}
	had := false
	return s.change(ctx, conversation, "conversation.pass", func(c *Conversation) (string, any, error) {
		m := org.Who(ctx)
		had = c.Assignee == m.ID
		if !had {
			list, err := s.Passes(ctx, c.ID)
			if err != nil || slices.ContainsFunc(list, func(p Pass) bool { return p.Member == m.ID && p.Reason == reason && p.Words == words }) {
				return "", nil, err
			}
		}
		return ledger.ConversationPassed, ledger.Passed{Reason: string(reason), Words: words}, nil
	}, func(ctx context.Context, q db.Q, c *Conversation) error {
		if !had {
			return nil
		}
		m := org.Who(ctx)
		return s.Tell(ctx, q, except(social, m.ID), "routing.told.passed", []any{"Name", m.Name, "Title", titleOf(c)}, c.ID)
	})
}

// fewWords is a text of a line or two.
func fewWords(words string, needed bool) (string, error) {
	words = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(words, "\uFFFD"), "\x00", ""))
	switch {
	case needed && words == "":
		return "", problem.New(problem.Invalid, "problem.required").On("words")
	case utf8.RuneCountInString(words) > maxWords:
		return "", problem.New(problem.Invalid, "problem.too_long", "Max", maxWords).On("words")
	}
	return words, nil
}

func except(list []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == one })
}

// titleOf is what a conversation is called in a notice.
func titleOf(c *Conversation) string {
	const most = 80
	if r := []rune(strings.TrimSpace(c.Name())); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	if t := strings.TrimSpace(c.Name()); t != "" {
		return t
	}
	return "–"
}

// Passes lists who will not have a conversation, the first to say so first.
func (s *Service) Passes(ctx context.Context, conversation string) ([]Pass, error) {
	list, err := db.All(ctx, s.db.Read(), func(p *Pass) []any {
		return []any{&p.Member, (*string)(&p.Reason), &p.Words, db.At(&p.At)}
	}, "SELECT member, reason, words, at FROM conversation_pass WHERE conversation = $1 ORDER BY at, member LIMIT 200", conversation)
	if err != nil {
		return nil, fmt.Errorf("read who passed: %w", err)
	}
	names := s.names(ctx)
	for i := range list {
		list[i].Name = names(list[i].Member)
	}
	return list, nil
}

// passed derives that a member will not have a conversation.
func (d *desk) passed(c *Conversation, a *ledger.Activity) error {
	var p ledger.Passed
	if err := a.Decode(&p); err != nil {
		return err
	}
	m := memberOf(a.Actor)
	if c.Assignee == m {
		c.Assignee = ""
	}
	return db.Insert(d.ctx, d.q, "conversation_pass (conversation, member, reason, words, at)", [][]any{{c.ID, m, p.Reason, p.Words, db.T(a.At)}},
		"ON CONFLICT (conversation, member) DO UPDATE SET reason = excluded.reason, words = excluded.words, at = excluded.at")
}
