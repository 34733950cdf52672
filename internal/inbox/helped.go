package inbox

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// HelpKind is what can help to write a reply.
type HelpKind string

// The kinds of help.
const (
	HelpSaved        HelpKind = "saved"        // a saved reply
	HelpArticle      HelpKind = "article"      // an approved article of a community
	HelpConversation HelpKind = "conversation" // what was answered elsewhere
)

// HelpKinds lists the kinds of help.
func HelpKinds() []HelpKind { return []HelpKind{HelpSaved, HelpArticle, HelpConversation} }

// Help is something that helped to write a reply.
type Help struct {
	Kind HelpKind `json:"kind"`
	Ref  string   `json:"ref"` // its id
	Name string   `json:"name,omitempty"`
	Used int      `json:"-"` // replies it helped with
}

const mostHelp = 20

// ParseHelp reads what a form says was used: "article:ID".
func ParseHelp(list []string) []Help {
	var out []Help
	for _, v := range list {
		kind, ref, _ := strings.Cut(v, ":")
		h := Help{Kind: HelpKind(kind), Ref: ref}
		if slices.Contains(HelpKinds(), h.Kind) && ref != "" && len(ref) <= 60 && !slices.Contains(out, h) && len(out) < mostHelp {
			out = append(out, h)
		}
	}
	return out
}

// helped notes, in the transaction of an answer, what helped to write it.
func (s *Service) helped(ctx context.Context, q db.Q, sending, conversation, member string, in Answer) error {
	rows := make([][]any, 0, len(in.Used))
	for _, h := range in.Used {
		if slices.Contains(HelpKinds(), h.Kind) && h.Ref != "" {
			rows = append(rows, []any{sending, string(h.Kind), h.Ref, conversation, member, db.T(s.now())})
		}
	}
	if err := db.Insert(ctx, q, "reply_help (sending, kind, ref, conversation, member, at)", rows, "ON CONFLICT DO NOTHING"); err != nil {
		return fmt.Errorf("note what helped: %w", err)
	}
	return nil
}

// Reuse is how much replies were helped over some days.
type Reuse struct {
	Replies int // of ours that went out
	Helped  int // of them, with help
	By      map[HelpKind]int
	Most    []Help // what helped most
}

// Reuse counts what was reused in the replies since a moment.
func (s *Service) Reuse(ctx context.Context, since time.Time) (Reuse, error) {
	out := Reuse{By: map[HelpKind]int{}}
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return out, err
	}
	q := s.db.Read()
	var err error
	if out.Replies, _, err = db.Value[int](ctx, q, "SELECT COUNT(*) FROM outgoing WHERE state = 'sent' AND conversation <> '' AND created_at >= $1", db.T(since)); err != nil {
		return out, err
	}
	if out.Helped, _, err = db.Value[int](ctx, q, "SELECT COUNT(DISTINCT h.sending) FROM reply_help h JOIN outgoing o ON o.id = h.sending WHERE h.at >= $1 AND o.state = 'sent'", db.T(since)); err != nil {
		return out, err
	}
	out.Most, err = db.All(ctx, q, func(h *Help) []any { return []any{(*string)(&h.Kind), &h.Ref, &h.Used, &h.Name} },
		`SELECT h.kind, h.ref, COUNT(*) AS n, COALESCE(MAX(r.title), '') FROM reply_help h JOIN outgoing o ON o.id = h.sending LEFT JOIN saved_reply r ON r.id = h.ref AND h.kind = 'saved'
		WHERE h.at >= $1 AND o.state = 'sent' GROUP BY h.kind, h.ref ORDER BY n DESC, h.kind, h.ref`+db.Limit(500), db.T(since))
	for _, h := range out.Most {
		out.By[h.Kind] += h.Used
	}
	out.Most = out.Most[:min(len(out.Most), 15)]
	return out, err
}

// Use is a reply that something helped with.
type Use struct {
	Conversation, Name string // what the conversation is called
	Member             string // who answered, by name
	At                 time.Time
}

// Uses lists the replies that a number of Reuse or of SavedReply counts, the newest first, after the first from: those that went out since a moment with any help, or with one kind; with ref
// all that this one thing ever helped with. more is whether there are others.
func (s *Service) Uses(ctx context.Context, kind HelpKind, ref string, since time.Time, from, limit int) (list []Use, more bool, err error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, false, err
	}
	var w db.Where
	once := "h.sending"
	if kind != "" {
		w.And("h.kind = ?", string(kind))
		once = "h.sending, h.ref"
	}
	if ref != "" {
		w.And("h.ref = ?", ref)
	} else {
		w.And("h.at >= ?", db.T(since)).And("EXISTS (SELECT 1 FROM outgoing o WHERE o.id = h.sending AND o.state = 'sent')")
	}
	list, err = db.All(ctx, s.db.Read(), func(u *Use) []any { return []any{&u.Conversation, &u.Name, &u.Member, db.At(&u.At)} },
		"SELECT h.conversation, COALESCE(MAX(COALESCE(NULLIF(c.title, ''), c.excerpt)), ''), COALESCE(MAX(m.name), ''), MAX(h.at) FROM reply_help h LEFT JOIN conversation_alias x ON x.id = h.conversation "+
			"LEFT JOIN conversation c ON c.id = COALESCE(x.conversation, h.conversation) LEFT JOIN member m ON m.id = h.member "+w.String()+
			" GROUP BY h.conversation, "+once+" ORDER BY MAX(h.at) DESC, "+once+db.Limit(limit+1)+" OFFSET "+strconv.Itoa(max(from, 0)), w.Args...)
	if err != nil {
		return nil, false, fmt.Errorf("list what helped: %w", err)
	}
	if more = len(list) > limit; more {
		list = list[:limit]
	}
	return list, more, nil
}
