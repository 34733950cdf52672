// Package letter decides what becomes of mails that people write to communities: answers to notices and mails to a space come in from the mailbox,
// posts of their authors go out, or a question whether they wrote it, or a word on why not.
package letter

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/mail"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// State says how far a letter came.
type State string

// The states.
const (
	Fresh   State = "new"     // nobody looked at it yet
	Asks    State = "asks"    // its author has to say that they wrote it
	Posted  State = "posted"  // it is a post
	Waits   State = "waits"   // a moderator has to agree
	Refused State = "refused" // it is no post, and its author was told why
	Ignored State = "ignored" // it is no post, and nobody was told
	Dropped State = "dropped" // its author did not write it, or said nothing
)

// Letter is a mail to an address for posts.
type Letter struct {
	ID        string
	Tag       string // of its address
	Sender    string // identity
	Subject   string
	Text      string // what they say, without what they quote
	Automatic string
	Proof     ledger.Proof
	At        time.Time
	State     State
	Cause     string // key of the sentence that says why, or a word for what was ignored
	Member    string // who wrote it, as far as is known
	Community string
	Post      string

	tries       int
	answer      string
	args        []any
	answerTries int
	message     string
}

const letterColumns = "l.id, l.tag, l.sender, l.subject, l.text, l.automatic, l.proof, l.at, l.state, l.cause, l.member, l.community, l.post, l.tries, l.answer, l.answer_args, l.answer_tries, l.message"

func letterFields(l *Letter) []any {
	return []any{&l.ID, &l.Tag, &l.Sender, &l.Subject, &l.Text, &l.Automatic, db.JSON(&l.Proof), db.At(&l.At), (*string)(&l.State), &l.Cause, &l.Member, &l.Community, &l.Post,
		&l.tries, &l.answer, db.JSON(&l.args), &l.answerTries, &l.message}
}

// Service takes letters in and posts them.
type Service struct {
	db       *db.DB
	channels *channel.Service
	places   *community.Service
	org      *org.Service
	mailer   community.Mailer // nil: nobody is told anything
	log      *slog.Logger
	clock    func() time.Time
	ids      id.Maker
	wake     chan struct{}
}

// New makes a service. It takes letters once it is given to the channels: see Take.
func New(d *db.DB, channels *channel.Service, places *community.Service, o *org.Service, mailer community.Mailer, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, channels: channels, places: places, org: o, mailer: mailer, log: log, clock: clock, wake: make(chan struct{}, 1)}
}

// Address is the address for posts that bears a tag: of the first mailbox that is set for it, "" where none is.
func (s *Service) Address(ctx context.Context, tag string) string {
	list, err := s.channels.List(ctx)
	if err != nil {
		s.log.Warn("the mailbox for posts is not known", "error", err)
		return ""
	}
	for i := range list {
		if a := mail.PostsOf(&list[i]).Address(tag); a != "" && list[i].Enabled {
			return a
		}
	}
	return ""
}

const (
	partSize = 512 << 10
	keptFor  = 400 * 24 * time.Hour // so long a mail that comes again is known
	asksFor  = 7 * 24 * time.Hour   // so long its author may say that they wrote it
	handFor  = 2 * time.Minute
)

// Take keeps a mail whose address is one for posts, in the transaction in which the mailbox's cursor moves: it is lost by nothing, and one that comes
// again, whatever way, is none. It takes what bears a tag that we made, or the name of one of our communities.
func (s *Service) Take(ctx context.Context, q db.Q, a *channel.Account, item *channel.Item) (bool, error) {
	tag, err := s.ours(ctx, item.Letters)
	if err != nil || tag == "" {
		return false, err
	}
	proof := ledger.Proof{}
	if item.Proof != nil {
		proof = *item.Proof
	}
	now := s.clock()
	text := item.Text
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "")
	}
	letter := s.ids.Make(now)
	n, err := db.Exec(ctx, q, `INSERT INTO letter (id, channel, message, digest, tag, sender, subject, text, automatic, proof, at, state, due_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'new', $12) ON CONFLICT DO NOTHING`, letter, a.ID, strings.TrimSuffix(item.ExternalID, "#"+item.Digest[:min(12, len(item.Digest))]),
		item.Digest, tag, item.Author.URI, item.Title, text, item.Automatic, db.J(proof), db.T(now), db.T(now))
	if err != nil {
		return false, fmt.Errorf("keep a letter: %w", err)
	}
	if n == 0 {
		s.log.Info("a letter came again", "channel", a.ID)
		return true, nil
	}
	if item.Automatic != "" {
		return true, s.ring()
	}
	for i := 0; i*partSize < len(item.Raw); i++ {
		if _, err := db.Exec(ctx, q, "INSERT INTO letter_part (letter, part, data) VALUES ($1, $2, $3)", letter, i, item.Raw[i*partSize:min(len(item.Raw), (i+1)*partSize)]); err != nil {
			return false, fmt.Errorf("keep a letter: %w", err)
		}
	}
	return true, s.ring()
}

// longest is how many bytes of a text are kept: more than a post may have, so that one that is too long is told from one that is not.
const longest = 200 << 10

func (s *Service) ring() error {
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return nil
}

// ours is the tag that stands for something of ours: an answer first, then a space.
func (s *Service) ours(ctx context.Context, tags []string) (string, error) {
	for _, t := range tags {
		if s.places.IsReply(ctx, t) {
			return t, nil
		}
	}
	all, err := s.places.Map(ctx)
	if err != nil {
		return "", err
	}
	for _, t := range tags {
		if slug, _, ok := strings.Cut(t, "."); ok {
			if _, found := all.BySlug(slug); found {
				return t, nil
			}
		}
	}
	return "", nil
}

// raw is the mail itself.
func (s *Service) raw(ctx context.Context, letter string) ([]byte, error) {
	parts, err := db.All(ctx, s.db.Read(), db.Self[[]byte], "SELECT data FROM letter_part WHERE letter = $1 ORDER BY part", letter)
	if err != nil {
		return nil, fmt.Errorf("read a letter: %w", err)
	}
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out, nil
}

// Loop handles letters and tells people what became of them, until ctx ends.
func (s *Service) Loop(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Second)
	defer tick.Stop()
	for {
		for _, step := range []func(context.Context) (int, error){s.HandleOnce, s.AnswerOnce} {
			if _, err := step(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("not all letters were handled, will try again", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.wake:
		}
	}
}

// Forget drops what nobody confirmed, and forgets old letters.
func (s *Service) Forget(ctx context.Context) error {
	now := s.clock()
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		for _, st := range []struct {
			query  string
			before time.Time
		}{
			{"UPDATE letter SET state = 'dropped', text = '' WHERE state = 'asks' AND at < $1", now.Add(-asksFor)},
			{"DELETE FROM letter WHERE at < $1", now.Add(-keptFor)},
		} {
			if _, err := db.Exec(ctx, q, st.query, db.T(st.before)); err != nil {
				return fmt.Errorf("forget letters: %w", err)
			}
		}
		if _, err := db.Exec(ctx, q, "DELETE FROM letter_part WHERE letter NOT IN (SELECT id FROM letter WHERE state IN ('new', 'asks'))"); err != nil {
			return fmt.Errorf("forget letters: %w", err)
		}
		return nil
	})
}
