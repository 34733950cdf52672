package survey

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/problem"
)

// Loop asks, each minute, until ctx ends.
func (s *Service) Loop(ctx context.Context) error {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		if err := s.Once(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("nobody was asked how it went, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Once asks about what was resolved and nobody decided on yet. What is decided is a row, kept in the transaction that queues the question: it is
// asked once however the program ends.
func (s *Service) Once(ctx context.Context) error {
	v, err := s.settings(ctx)
	if err != nil || !v.On {
		return err
	}
	now := s.Now()
	from := now.Add(-FreshFor)
	if v.Since.After(from) {
		from = v.Since
	}
	q := s.db.Read()
	list, err := db.All(ctx, q, func(p *inbox.Span) []any { return []any{&p.Conversation, &p.N, db.At(&p.ResolvedAt)} },
		`SELECT s.conversation, s.n, s.resolved_at FROM conversation_span s WHERE s.resolved_at >= $1 AND s.resolved_at <= $2
		AND NOT EXISTS (SELECT 1 FROM survey_ask a WHERE a.conversation = s.conversation AND a.span = s.n) ORDER BY s.resolved_at`+db.Limit(askAtOnce),
		db.T(from), db.T(now.Add(-time.Duration(v.After)*time.Minute)))
	if err != nil {
		return fmt.Errorf("find what was resolved: %w", err)
	}
	for _, p := range list {
		if err := s.ask(ctx, v, p); err != nil {
			return err
		}
	}
	return nil
}

// community is the kind of channels whose people are asked by a notice.
const community = "community"

var errDecided = problem.New(problem.Conflict, "problem.conflict")

// drawn reports whether the share falls on a conversation: always the same for the same one, so that the sample is no choice of ours.
func drawn(conversation string, span, share int) bool {
	h := fnv.New32a()
	h.Write([]byte(conversation + ":" + strconv.Itoa(span)))
	return int(h.Sum32()%100) < share
}

// ask decides about one conversation, and asks.
func (s *Service) ask(ctx context.Context, v Settings, p inbox.Span) error {
	c, err := s.inbox.Find(ctx, p.Conversation)
	if problem.Is(err, problem.Missing) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.State != inbox.Resolved || !c.ResolvedAt.Equal(p.ResolvedAt) {
		return nil // it goes on
	}
	w, err := s.inbox.Ways(ctx, &c, "")
	if err != nil {
		return err
	}
	now := s.Now()
	a, quietly := s.consider(v, p, &c, &w, now)
	var out channel.Outgoing
	if a.Why == "" {
		// Also where it goes by notice: the language of the page is that of the letter.
		if out, a.Lang, err = s.letter(ctx, &a, &w, c.FirstReplyBy); err != nil {
			return err
		}
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if a.Why == "" {
			if a.Why, err = s.unwilling(ctx, q, a.Author, v, now.AddDate(0, 0, -v.Quiet)); err != nil {
				return err
			}
		}
		if a.Why == "" && quietly {
			token, err := s.token(ctx, a.ID)
			if err != nil {
				return err
			}
			asked, err := s.notice(ctx, q, a.Channel, a.Author, w.Post.ID, Path+token)
			if err != nil {
				return err
			}
			if !asked {
				a.Why = NoWay
			}
		}
		if err := keep(ctx, q, &a); err != nil || a.Why != "" || quietly {
			return err
		}
		_, err = s.channels.Queue(ctx, q, a.Channel, "", "", out, now)
		return err
	})
	if errors.Is(err, errDecided) {
		return nil
	}
	if problem.Is(err, problem.Invalid) { // the channel does not take it
		return s.leaveOut(ctx, a)
	}
	if err != nil {
		return fmt.Errorf("ask how it went: %w", err)
	}
	s.channels.WakeSender()
	return nil
}

// consider decides about a time a conversation was resolved as far as that follows from the conversation; quietly is by notice.
func (s *Service) consider(v Settings, p inbox.Span, c *inbox.Conversation, w *inbox.Ways, at time.Time) (a Ask, quietly bool) {
	a = Ask{ID: s.ids.Make(at), Conversation: p.Conversation, Span: p.N, Author: w.Post.Author, AuthorName: w.Post.AuthorName, Channel: w.Channel.ID, Scale: v.Scale, State: Asked, At: at,
		answers: w.Post.ExternalID}
	quietly = s.notice != nil && w.Channel.Kind == community && !w.Post.Ours
	switch {
	case !quietly && (w.Post.Ours || !w.Private || !strings.HasPrefix(a.Author, "mailto:")):
		a.Why = NoWay
	case c.FirstReplyAt.IsZero():
		a.Why = Unanswered
	case !drawn(c.ID, p.N, v.Share):
		a.Why = NotDrawn
	}
	return a, quietly
}

// keep notes what was decided, once: of two nodes that decide, one tells.
func keep(ctx context.Context, q db.Q, a *Ask) error {
	if a.State = Asked; a.Why != "" {
		a.State = LeftOut
	}
	n, err := db.Exec(ctx, q, `INSERT INTO survey_ask (id, conversation, span, author, author_name, channel, scale, state, why, answers, lang, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING`, a.ID, a.Conversation, a.Span, a.Author, a.AuthorName, a.Channel, string(a.Scale), a.State, a.Why, a.answers,
		a.Lang, db.T(a.At))
	if err == nil && n == 0 {
		return errDecided
	}
	return err
}

func (s *Service) leaveOut(ctx context.Context, a Ask) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, `INSERT INTO survey_ask (id, conversation, span, author, author_name, channel, scale, state, why, at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'left_out', 'no_way', $8)
			ON CONFLICT DO NOTHING`, a.ID, a.Conversation, a.Span, a.Author, a.AuthorName, a.Channel, string(a.Scale), db.T(a.At))
		return err
	})
}

// unwilling says why somebody must not be asked now: by all addresses of the person, as far as they are known to be one. The newest word counts:
// who said not to be asked and agreed later is asked.
func (s *Service) unwilling(ctx context.Context, q db.Q, author string, v Settings, since time.Time) (string, error) {
	same, err := people.Addresses(ctx, q, author)
	if err != nil {
		return "", err
	}
	agreed, refused, err := people.Agrees(ctx, q, people.ToSurvey, author, same)
	if err != nil || refused {
		return Refused, err
	}
	uris := db.Texts(same)
	if _, found, err := db.Value[int](ctx, q, `SELECT 1 FROM survey_refusal r WHERE r.author IN `+db.Among(q, "$1")+`
		AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.uri = r.author AND c.purpose = $2 AND c.at > r.at) LIMIT 1`, uris, people.ToSurvey); err != nil || found {
		return Refused, err
	}
	if v.Agreed && !agreed {
		return NoConsent, nil
	}
	_, found, err := db.Value[int](ctx, q, "SELECT 1 FROM survey_ask WHERE state <> 'left_out' AND at > $2 AND author IN "+db.Among(q, "$1")+" LIMIT 1", uris, db.T(since))
	if err != nil || !found {
		return "", err
	}
	return AskedLate, nil
}

// letter is the question, in the language the person wrote in where we speak it, in the name of who answered first.
func (s *Service) letter(ctx context.Context, a *Ask, w *inbox.Ways, member string) (channel.Outgoing, string, error) {
	o, err := s.org.Organisation(ctx)
	if err != nil {
		return channel.Outgoing{}, "", err
	}
	lang := o.Lang
	if known, err := enrich.TakenFor(ctx, s.db.Read(), []string{w.Post.ID}); err == nil {
		if l := known[w.Post.ID].Lang; l == "en" || l == "fr" {
			lang = l
		}
	}
	ctx = i18n.With(ctx, lang, o.Location())
	name := o.Name
	if m, err := s.org.Find(ctx, member); err == nil && member != "" {
		name = m.Name
	}
	token, err := s.token(ctx, a.ID)
	if err != nil {
		return channel.Outgoing{}, "", err
	}
	link := s.url + Path + token
	var b strings.Builder
	b.WriteString(i18n.T(ctx, "survey.mail.hello", "Name", w.Post.AuthorName) + "\n\n")
	b.WriteString(i18n.T(ctx, "survey.mail.question."+string(a.Scale), "Organisation", o.Name) + "\n\n")
	for n := a.Scale.Most(); n >= a.Scale.Least(); n-- {
		b.WriteString(i18n.T(ctx, "survey.mail.line", "Score", strconv.Itoa(n), "Word", word(ctx, a.Scale, n), "Link", link+"?score="+strconv.Itoa(n)) + "\n")
	}
	b.WriteString("\n" + i18n.T(ctx, "survey.mail.once", "Days", int(OpenFor/(24*time.Hour))) + "\n" + i18n.T(ctx, "survey.mail.stop", "Link", link) + "\n\n" + name + "\n" + o.Name)
	out := channel.Outgoing{InReplyTo: w.Post.ExternalID, To: w.To, Text: b.String(), AuthorName: name, Private: true, At: s.Now()}
	if w.Post.Kind == "mail" && w.Post.Title != "" {
		out.Subject = i18n.T(ctx, "survey.mail.subject", "Subject", w.Post.Title)
	}
	return out, lang, nil
}

// word is what an answer means, "" in the middle of a scale.
func word(ctx context.Context, s Scale, n int) string {
	switch n {
	case s.Most():
		return i18n.T(ctx, "survey.best."+string(s))
	case s.Least():
		return i18n.T(ctx, "survey.worst."+string(s))
	}
	return ""
}
