package letter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

const (
	answerLease = 3 * time.Minute
	answerFor   = time.Minute
	answerTries = 4
)

// AnswerOnce tells people what became of their letters, and says how many it told. That a mail is under way is kept before it goes out; of one of
// which nobody knows whether it went there is no second.
func (s *Service) AnswerOnce(ctx context.Context) (int, error) {
	if s.mailer == nil {
		return 0, nil
	}
	now := s.clock()
	if _, err := s.exec(ctx, "UPDATE letter SET answer_state = 'uncertain' WHERE answer_state = 'sending' AND answer_at < $1", db.T(now)); err != nil {
		return 0, err
	}
	list, err := db.All(ctx, s.db.Read(), letterFields, "SELECT "+letterColumns+" FROM letter l WHERE l.answer_state = 'queued' AND l.answer_at <= $1 ORDER BY l.answer_at, l.id"+db.Limit(atOnce), db.T(now))
	if err != nil {
		return 0, fmt.Errorf("look for words to senders: %w", err)
	}
	n := 0
	for i := range list {
		l := &list[i]
		took, err := s.exec(ctx, "UPDATE letter SET answer_state = 'sending', answer_tries = answer_tries + 1, answer_at = $1 WHERE id = $2 AND answer_state = 'queued'",
			db.T(s.clock().Add(answerLease)), l.ID)
		if err != nil {
			return n, err
		}
		if took == 0 {
			continue
		}
		n++
		if err := s.tell(ctx, l); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (s *Service) tell(ctx context.Context, l *Letter) error {
	end := func(state string, due time.Time) error {
		_, err := s.exec(context.WithoutCancel(ctx), "UPDATE letter SET answer_state = $1, answer_at = $2 WHERE id = $3 AND answer_state = 'sending'", state, db.T(due), l.ID)
		return err
	}
	out, err := s.words(ctx, l)
	if err == nil {
		limited, cancel := context.WithTimeout(ctx, answerFor)
		defer cancel()
		err = s.mailer.Deliver(limited, out)
	} else {
		err = errors.Join(community.ErrNotSent, err)
	}
	now := s.clock()
	switch {
	case err == nil:
		return end("sent", now)
	case errors.Is(err, community.ErrNotSent) && l.answerTries+1 < answerTries:
		s.log.Warn("a word to a sender was not sent, will try again", "letter", l.ID, "error", err)
		return end("queued", now.Add(time.Duration(1<<l.answerTries)*5*time.Minute))
	case errors.Is(err, community.ErrNotSent):
		s.log.Error("a word to a sender was not sent", "letter", l.ID, "error", err)
		return end("failed", now)
	}
	s.log.Error("nobody knows whether a word to a sender was sent", "letter", l.ID, "error", err)
	return end("uncertain", now)
}

const confirming = "letter"

// words is the mail to whoever wrote a letter, in their language. It never holds what the letter says: who did not write it is told nothing of it.
func (s *Service) words(ctx context.Context, l *Letter) (community.Letter, error) {
	all, err := s.places.Map(ctx)
	if err != nil {
		return community.Letter{}, err
	}
	var c community.Community
	for _, x := range all.Communities {
		if x.ID == l.Community {
			c = x
		}
	}
	to, lang := addressOf(l.Sender), "en"
	if len(c.Langs) > 0 {
		lang = c.Langs[0]
	}
	if l.Member != "" {
		m, err := s.org.Find(ctx, l.Member)
		if err != nil {
			return community.Letter{}, err
		}
		to, lang = m.Email, m.Lang
	}
	ctx = i18n.With(ctx, lang, time.UTC)
	key := l.answer
	if !i18n.Has(key) {
		key = "letter.failed"
	}
	args := []any{}
	for _, a := range l.args {
		args = append(args, a)
	}
	text := i18n.T(ctx, key, args...)
	url := s.places.URL(ctx, c)
	if l.State == Asks {
		token, err := s.places.Sign(ctx, confirming, l.ID)
		if err != nil {
			return community.Letter{}, err
		}
		text += "\n\n" + url + "/letter/" + token + "\n\n" + i18n.T(ctx, "letter.confirm_until", "Days", int(asksFor/(24*time.Hour)))
	} else if l.State != Waits && l.State != Posted {
		text = i18n.T(ctx, "letter.not_posted") + "\n\n" + text
	}
	name := c.Called(lang)
	out := community.Letter{ID: id2(l.ID), From: name, To: to, Subject: i18n.T(ctx, "letter.subject", "Place", name), Answers: l.message,
		Text: text + "\n\n-- \n" + name + " " + url + "\n"}
	return out, nil
}

// id2 makes the Message-ID of a word to a sender, which is never that of a notice.
func id2(letter string) string { return "letter." + letter }

// Pending finds the letter that a link is about. The link is all that is asked for: whoever has it reads the mail of the member that the post would
// be of.
func (s *Service) Pending(ctx context.Context, token string) (Letter, error) {
	letter, err := s.places.Signed(ctx, confirming, token)
	if err != nil {
		return Letter{}, err
	}
	l, found, err := db.One(ctx, s.db.Read(), letterFields, "SELECT "+letterColumns+" FROM letter l WHERE l.id = $1", letter)
	if err != nil {
		return l, fmt.Errorf("find a letter: %w", err)
	}
	if !found || l.State == Dropped || l.State == Asks && s.clock().Sub(l.At) > asksFor {
		return Letter{}, problem.New(problem.Missing, "letter.link_over")
	}
	return l, nil
}

// Confirm posts a letter whose author says that they wrote it. Doing it twice posts it once.
func (s *Service) Confirm(ctx context.Context, token string) (Letter, error) {
	l, err := s.Pending(ctx, token)
	if err != nil || l.State != Asks {
		return l, err
	}
	who, err := s.org.Find(ctx, l.Member)
	if err != nil {
		return l, err
	}
	if who.State != org.Active {
		return l, problem.New(problem.Missing, "letter.link_over")
	}
	v, err := s.post(ctx, &l, who)
	if err != nil {
		return l, err
	}
	if v.state == Refused {
		return l, problem.New(problem.Invalid, v.cause, v.args...)
	}
	v.tell = false
	if err := s.settle(ctx, &l, v, Asks); err != nil {
		return l, err
	}
	l.State, l.Post = v.state, v.post
	return l, nil
}

// Drop forgets a letter that its supposed author did not write.
func (s *Service) Drop(ctx context.Context, token string) error {
	l, err := s.Pending(ctx, token)
	if err != nil || l.State != Asks {
		return err
	}
	return s.settle(ctx, &l, verdict{state: Dropped, cause: "disowned"}, Asks)
}
