package inbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// SavedReply is a reply that is said again and again, in one or more languages.
type SavedReply struct {
	ID        string
	Member    string // whose, "" for everybody's
	Title     string
	Words     charter.Words
	ChangedAt time.Time
	Used      int // replies it helped with
}

const (
	maxSavedTitle = 80
	maxSaved      = 5000
	mostSaved     = 200
)

// Mark is that of what somebody has seen of a saved reply.
func (r *SavedReply) Mark() string { return r.ChangedAt.UTC().Format(time.RFC3339Nano) }

// Values are what stands for the variables of a saved reply: {first_name}, {member} and {product}. Of what is unknown the variable goes, with the
// space before it.
type Values struct{ FirstName, Member, Product string }

// Fill puts values into words.
func (v Values) Fill(words string) string {
	for name, value := range map[string]string{"first_name": v.FirstName, "member": v.Member, "product": v.Product} {
		if value == "" {
			words = strings.ReplaceAll(words, " {"+name+"}", "")
		}
		words = strings.ReplaceAll(words, "{"+name+"}", value)
	}
	return words
}

// Variables lists the names of the variables.
func Variables() []string { return []string{"first_name", "member", "product"} }

// ValuesFor are the values in a conversation, for whoever acts.
func (s *Service) ValuesFor(ctx context.Context, w *Ways) Values {
	var v Values
	if m := org.Who(ctx); m != nil {
		v.Member = m.Name
	}
	if name := strings.Fields(w.Post.AuthorName); len(name) > 0 && !strings.ContainsAny(name[0], "@./0123456789") {
		v.FirstName = name[0]
	}
	if len(w.Post.More.Tags) > 0 {
		v.Product = w.Post.More.Tags[0]
	}
	return v
}

func savedFields(r *SavedReply) []any {
	return []any{&r.ID, &r.Member, &r.Title, db.JSON(&r.Words), db.At(&r.ChangedAt), &r.Used}
}

const savedColumns = "r.id, r.member, r.title, r.words, r.changed_at, (SELECT COUNT(*) FROM reply_help h WHERE h.kind = 'saved' AND h.ref = r.id)"

// SavedReplies lists the replies of whoever acts and those for everybody, by title.
func (s *Service) SavedReplies(ctx context.Context) ([]SavedReply, error) {
	m, err := acting(ctx, org.InboxRead)
	if err != nil {
		return nil, err
	}
	list, err := s.texts.Page(ctx, s.db, m.ID, func(ctx context.Context) ([]SavedReply, error) {
		return db.All(ctx, s.db.Read(), savedFields, "SELECT "+savedColumns+" FROM saved_reply r WHERE r.removed_at IS NULL AND r.member IN ('', $1) ORDER BY lower(r.title), r.id"+db.Limit(mostSaved), m.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("list saved replies: %w", err)
	}
	return list, nil
}

// SavedReply returns one that whoever acts may use.
func (s *Service) SavedReply(ctx context.Context, saved string) (SavedReply, error) {
	list, err := s.SavedReplies(ctx)
	if err != nil {
		return SavedReply{}, err
	}
	if i := slices.IndexFunc(list, func(r SavedReply) bool { return r.ID == saved }); i >= 0 {
		return list[i], nil
	}
	return SavedReply{}, missing()
}

// mayChange reports whether somebody may change a saved reply: their own, or, for those who assign, everybody's.
func (r *SavedReply) mayChange(m *org.Member) bool {
	return r.Member == m.ID || r.Member == "" && m.May(org.InboxAssign)
}

func (r *SavedReply) check() error {
	var errs []error
	r.Title = strings.Join(strings.Fields(strings.ReplaceAll(strings.ToValidUTF8(r.Title, ""), "\x00", "")), " ")
	if r.Title == "" {
		errs = append(errs, problem.New(problem.Invalid, "problem.required").On("title"))
	} else if utf8.RuneCountInString(r.Title) > maxSavedTitle {
		errs = append(errs, problem.New(problem.Invalid, "problem.too_long", "Max", maxSavedTitle).On("title"))
	}
	words := charter.Words{}
	for _, lang := range slices.Sorted(maps.Keys(r.Words)) {
		if strings.TrimSpace(r.Words[lang]) == "" {
			continue
		}
		text, err := checkText(r.Words[lang], maxSaved)
		if err != nil {
			errs = append(errs, problem.Of(err).On("words_"+lang))
		}
		if !i18n.Known(lang) {
			errs = append(errs, problem.New(problem.Invalid, "charter.language_unknown").On("words_"+lang))
		}
		words[lang] = text
	}
	if r.Words = words; len(words) == 0 {
		errs = append(errs, problem.New(problem.Invalid, "problem.required").On("words_"+i18n.Languages()[0]))
	}
	return errors.Join(errs...)
}

// SaveReply keeps a saved reply: a new one when its ID is "". seen is the Mark of what whoever changes it has seen.
func (s *Service) SaveReply(ctx context.Context, seen string, r SavedReply) (SavedReply, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return r, err
	}
	if err := r.check(); err != nil {
		return r, err
	}
	if r.Member != "" {
		r.Member = m.ID
	}
	if !r.mayChange(m) {
		return r, problem.New(problem.Forbidden, "inbox.saved.not_yours")
	}
	if r.ID != "" {
		was, err := s.SavedReply(ctx, r.ID)
		switch {
		case err != nil:
			return r, err
		case !was.mayChange(m):
			return r, problem.New(problem.Forbidden, "inbox.saved.not_yours")
		}
	}
	r.ChangedAt = s.now()
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if r.ID == "" {
			r.ID = id.New()
			if err := db.Insert(ctx, q, "saved_reply (id, member, title, words, changed_at)", [][]any{{r.ID, r.Member, r.Title, db.J(r.Words), db.T(r.ChangedAt)}}, ""); err != nil {
				return fmt.Errorf("save a reply: %w", err)
			}
		} else {
			was, _, err := db.Value[int64](ctx, q, "SELECT changed_at FROM saved_reply WHERE id = $1", r.ID)
			if err != nil {
				return err
			}
			if time.UnixMicro(was).UTC().Format(time.RFC3339Nano) != seen {
				return problem.New(problem.Conflict, "problem.conflict")
			}
			if _, err := db.Exec(ctx, q, "UPDATE saved_reply SET member = $2, title = $3, words = $4, changed_at = $5 WHERE id = $1 AND removed_at IS NULL",
				r.ID, r.Member, r.Title, db.J(r.Words), db.T(r.ChangedAt)); err != nil {
				return fmt.Errorf("save a reply: %w", err)
			}
		}
		return s.org.Audit(ctx, q, "inbox.reply_saved", "saved_reply:"+r.ID, map[string]any{"title": r.Title, "shared": r.Member == ""})
	})
	return r, err
}

// RemoveSavedReply takes one off the list.
func (s *Service) RemoveSavedReply(ctx context.Context, saved string) error {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return err
	}
	r, err := s.SavedReply(ctx, saved)
	if err != nil {
		return err
	}
	if !r.mayChange(m) {
		return problem.New(problem.Forbidden, "inbox.saved.not_yours")
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "UPDATE saved_reply SET removed_at = $2 WHERE id = $1", r.ID, db.T(s.now())); err != nil {
			return fmt.Errorf("remove a saved reply: %w", err)
		}
		return s.org.Audit(ctx, q, "inbox.reply_removed", "saved_reply:"+r.ID, nil)
	})
}
