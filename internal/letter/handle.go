package letter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel/mail"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

const (
	atOnce      = 20
	mostTries   = 8
	mostHour    = 20 // letters of one sender within an hour; more say nothing to anybody
	mostAsked   = 5  // that wait for one member's word at a time
	mostAnswers = 5  // words to one member within a day
)

// verdict is what becomes of a letter.
type verdict struct {
	state State
	cause string // a word for the record, or the key of what its sender is told
	tell  bool   // its sender is told cause
	args  []any
	post  string
}

func ignore(cause string) verdict { return verdict{state: Ignored, cause: cause} }

func refuse(key string, args ...any) verdict {
	return verdict{state: Refused, cause: key, tell: true, args: args}
}

// HandleOnce handles the letters that are due, and says how many.
func (s *Service) HandleOnce(ctx context.Context) (int, error) {
	list, err := db.All(ctx, s.db.Read(), letterFields, "SELECT "+letterColumns+" FROM letter l WHERE l.state = 'new' AND l.due_at <= $1 ORDER BY l.due_at, l.id"+db.Limit(atOnce), db.T(s.clock()))
	if err != nil {
		return 0, fmt.Errorf("look for letters: %w", err)
	}
	n := 0
	for i := range list {
		l := &list[i]
		// Two nodes that handle one say it once: what is posted has an id made of the letter's.
		took, err := s.exec(ctx, "UPDATE letter SET tries = tries + 1, due_at = $1 WHERE id = $2 AND state = 'new' AND tries = $3", db.T(s.clock().Add(handFor)), l.ID, l.tries)
		if err != nil {
			return n, err
		}
		if took == 0 {
			continue
		}
		n++
		v, err := s.judge(ctx, l)
		var p *problem.Problem
		switch {
		case err == nil:
		case errors.As(err, &p) && p.Code != problem.Internal && p.Code != problem.Busy:
			v = refuse(p.Key, p.Args...)
		case l.tries+1 < mostTries:
			s.log.Warn("a letter could not be handled, will try again", "letter", l.ID, "error", err)
			if _, err := s.exec(ctx, "UPDATE letter SET due_at = $1 WHERE id = $2 AND state = 'new'", db.T(s.clock().Add(time.Duration(1<<l.tries)*time.Minute)), l.ID); err != nil {
				return n, err
			}
			continue
		case errors.As(err, &p) && p.Code == problem.Busy:
			v = refuse(p.Key, p.Args...)
		default:
			s.log.Error("a letter could not be handled", "letter", l.ID, "error", err)
			v = refuse("letter.failed")
		}
		if err := s.settle(ctx, l, v, Fresh); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (s *Service) exec(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err = db.Exec(ctx, q, query, args...)
		return err
	})
	if err != nil {
		err = fmt.Errorf("note how a letter fares: %w", err)
	}
	return n, err
}

// settle keeps what became of a letter, and what its sender is told, in one transaction.
func (s *Service) settle(ctx context.Context, l *Letter, v verdict, from State) error {
	now := s.clock()
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		answer := ""
		if v.tell && s.mailer != nil {
			told, err := s.toldLately(ctx, q, l)
			if err != nil {
				return err
			}
			if v.state == Asks || told < mostAnswers && (l.Member != "" || told == 0) { // how many ask at a time is bounded by itself
				answer = v.cause
			}
		}
		state, at := "", any(nil)
		if answer != "" {
			state, at = "queued", db.T(now)
		}
		text := l.Text
		if v.state != Asks {
			text = ""
		}
		n, err := db.Exec(ctx, q, `UPDATE letter SET state = $1, cause = $2, member = $3, community = $4, post = $5, answer = $6, answer_args = $7, answer_state = $8, answer_at = $9, text = $10
			WHERE id = $11 AND state = $12`, string(v.state), v.cause, l.Member, l.Community, v.post, answer, db.J(plain(v.args)), state, at, text, l.ID, string(from))
		if err != nil || n == 0 || v.state == Asks {
			return err
		}
		_, err = db.Exec(ctx, q, "DELETE FROM letter_part WHERE letter = $1", l.ID)
		return err
	})
}

// plain are arguments of a sentence as they can be kept.
func plain(args []any) []string {
	out := []string{}
	for _, a := range args {
		out = append(out, fmt.Sprint(a))
	}
	return out
}

// toldLately counts what a sender was told within a day.
func (s *Service) toldLately(ctx context.Context, q db.Q, l *Letter) (int, error) {
	column, who := "sender", l.Sender
	if l.Member != "" {
		column, who = "member", l.Member
	}
	n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM letter WHERE "+column+" = $1 AND answer_state <> '' AND answer <> 'letter.confirm' AND answer_at > $2", who, db.T(s.clock().Add(-24*time.Hour)))
	if err != nil {
		return 0, fmt.Errorf("count what somebody was told: %w", err)
	}
	return n, nil
}

// judge decides what becomes of a letter, and posts it where that is its author's and may be said.
func (s *Service) judge(ctx context.Context, l *Letter) (verdict, error) {
	if l.Automatic != "" {
		return ignore("automatic"), nil
	}
	address := addressOf(l.Sender)
	own, err := s.ourOwn(ctx, address)
	if err != nil {
		return verdict{}, err
	}
	if own || address == "" {
		return ignore("loop"), nil
	}
	// What is proven and what anybody may have written under that name are counted apart.
	n, _, err := db.Value[int](ctx, s.db.Read(), `SELECT COUNT(*) FROM letter WHERE sender = $1 AND at > $2 AND CASE WHEN proof LIKE '%"aligned":true%' THEN 1 ELSE 0 END = $3`,
		l.Sender, db.T(s.clock().Add(-time.Hour)), db.B(l.Proof.Aligned))
	if err != nil {
		return verdict{}, fmt.Errorf("count the letters of somebody: %w", err)
	}
	if n > mostHour {
		if l.Proof.Aligned {
			return verdict{}, problem.New(problem.Busy, "letter.failed") // later
		}
		return ignore("flood"), nil
	}
	sender, err := s.org.ByEmail(ctx, address)
	if err != nil && !problem.Is(err, problem.Missing) {
		return verdict{}, err
	}
	known := err == nil
	proven := l.Proof.Aligned
	var to community.ReplyTo
	reply := s.places.IsReply(ctx, l.Tag)
	if reply {
		if to, err = s.places.ReplyOf(ctx, l.Tag); problem.Is(err, problem.Missing) {
			return ignore("forgotten"), nil
		}
		if err != nil {
			return verdict{}, err
		}
		// Somebody else than whom the notice went to has its address, or its reader wrote from another address of theirs: its reader says which.
		proven = proven && known && sender.ID == to.Member
		if sender, err = s.org.Find(ctx, to.Member); problem.Is(err, problem.Missing) {
			return ignore("nobody"), nil
		}
		if err != nil {
			return verdict{}, err
		}
		l.Community = to.Community
	} else {
		all, err := s.places.Map(ctx)
		if err != nil {
			return verdict{}, err
		}
		slug, _, _ := strings.Cut(l.Tag, ".")
		c, found := all.BySlug(slug)
		if !found {
			return ignore("nowhere"), nil
		}
		l.Community = c.ID
		if !known {
			if proven {
				return refuse("letter.no_account", "Address", address), nil
			}
			return ignore("stranger"), nil
		}
	}
	if sender.State != org.Active {
		return ignore("suspended"), nil
	}
	l.Member = sender.ID
	if proven {
		return s.post(ctx, l, sender)
	}
	if strings.TrimSpace(l.Text) == "" && !reply {
		return ignore("empty"), nil
	}
	asked, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM letter WHERE member = $1 AND state = 'asks'", sender.ID)
	if err != nil {
		return verdict{}, fmt.Errorf("count what waits for somebody's word: %w", err)
	}
	if s.mailer == nil {
		return ignore("unproven"), nil
	}
	if asked >= mostAsked {
		return verdict{}, problem.New(problem.Busy, "letter.failed") // later: its author may have said a word to the others by then
	}
	return verdict{state: Asks, cause: "letter.confirm", tell: true}, nil
}

// ourOwn reports whether an address is one that letters come to, or that we write from: a mail from there goes round in circles.
func (s *Service) ourOwn(ctx context.Context, address string) (bool, error) {
	list, err := s.channels.List(ctx)
	if err != nil {
		return false, err
	}
	for i := range list {
		p := mail.PostsOf(&list[i])
		if p == (mail.Posts{}) {
			continue
		}
		if strings.EqualFold(list[i].Settings["address"], address) || p.Match(address) {
			return true, nil
		}
	}
	return false, nil
}

func addressOf(identity string) string {
	rest, ok := strings.CutPrefix(identity, "mailto:")
	if !ok {
		return ""
	}
	if plain, err := url.PathUnescape(rest); err == nil {
		rest = plain
	}
	return rest
}

// post says what a letter says, as its author, through the same door as the page.
func (s *Service) post(ctx context.Context, l *Letter, who *org.Member) (verdict, error) {
	ctx = i18n.With(org.With(ctx, who), who.Lang, who.Location())
	o, err := s.places.Sees(ctx, nil)
	if err != nil {
		return verdict{}, err
	}
	var to community.ReplyTo
	var sp community.Space
	kind := ""
	if s.places.IsReply(ctx, l.Tag) {
		if to, err = s.places.ReplyOf(ctx, l.Tag); err != nil {
			return verdict{}, err
		}
		if to.Over(s.clock()) {
			return refuse("letter.over"), nil
		}
		if _, _, err := s.places.Post(ctx, o, to.Community, to.Post); err != nil {
			if problem.Is(err, problem.Missing) {
				return refuse("letter.gone"), nil
			}
			return verdict{}, err
		}
	} else {
		_, slug, _ := strings.Cut(l.Tag, ".")
		var seen bool
		if sp, seen = o.Space(l.Community, slug); !seen || !o.May(sp.ID) { // hidden or not there: the same word
			return refuse("letter.no_space"), nil
		}
		for _, k := range []string{community.Questions, community.Discussions, community.Ideas} {
			if kind == "" && sp.Takes(k) {
				kind = k
			}
		}
		if kind == "" || !sp.ArchivedAt.IsZero() {
			return refuse("letter.no_space"), nil
		}
	}
	raw, err := s.raw(ctx, l.ID)
	if err != nil {
		return verdict{}, err
	}
	files, more, err := mail.Files(raw)
	if err != nil {
		return refuse("letter.failed"), nil
	}
	body := strings.TrimSpace(l.Text)
	if body == "" && len(files) == 0 {
		return refuse("letter.empty"), nil
	}
	var left []string
	for i, f := range files {
		if i >= community.MaxFiles {
			left = append(left, f.Name)
			continue
		}
		kept, err := s.places.Bring(ctx, l.Community, f.Name, bytes.NewReader(f.Data))
		if err != nil {
			var p *problem.Problem
			if !errors.As(err, &p) || p.Code == problem.Internal {
				return verdict{}, err
			}
			left = append(left, f.Name)
			continue
		}
		body = strings.TrimSpace(body + "\n\n" + kept.Markdown())
	}
	if body == "" {
		return refuse("letter.no_files", "Files", strings.Join(left, ", ")), nil
	}
	var post string
	if to.Post != "" {
		post, err = s.places.Reply(ctx, to.Community, community.Reply{Post: to.Post, Body: body, Token: l.ID})
	} else {
		post, err = s.places.Start(ctx, community.Begin{Space: sp.ID, Kind: kind, Title: subject(l.Subject), Body: body, Token: l.ID})
	}
	if community.Waits(err) {
		return verdict{state: Waits, cause: "letter.waits", tell: true}, nil
	}
	if err != nil {
		return verdict{}, err
	}
	v := verdict{state: Posted, post: post}
	if len(left) > 0 || more > 0 {
		v.cause, v.tell, v.args = "letter.without", true, []any{"Files", strings.Join(left, ", ")}
	}
	return v, nil
}

// subject is the title of a thread that a mail begins.
func subject(s string) string {
	for {
		s = strings.TrimSpace(s)
		low := strings.ToLower(s)
		cut := false
		for _, mark := range []string{"re:", "re :", "fwd:", "fw:", "tr:", "tr :"} {
			if strings.HasPrefix(low, mark) {
				s, cut = s[len(mark):], true
				break
			}
		}
		if !cut {
			return s
		}
	}
}
