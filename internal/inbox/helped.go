package inbox

import (
	"context"
	"fmt"
	"slices"
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
