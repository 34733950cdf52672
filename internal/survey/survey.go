// Package survey decides who is asked after a conversation was resolved how it went: resolved conversations come in, at most one question to a
// person in a while, through the channel they wrote through, and what they answer, as ratings and posts in the ledger, go out.
package survey

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

// Scale is what is asked.
type Scale string

// The scales. Their names are those of the labels of ratings in the ledger.
const (
	CSAT Scale = "csat" // 1 to 5: how satisfied
	NPS  Scale = "nps"  // 0 to 10: how likely to recommend
)

// Scales lists them.
func Scales() []Scale { return []Scale{CSAT, NPS} }

// Least and Most bound the answers.
func (s Scale) Least() int {
	if s == CSAT {
		return 1
	}
	return 0
}

// Most is the best answer.
func (s Scale) Most() int {
	if s == CSAT {
		return 5
	}
	return 10
}

// Low reports whether who answers so is dissatisfied (CSAT 1, 2) or a detractor (NPS 0 to 6).
func (s Scale) Low(score int) bool { return s == CSAT && score <= 2 || s == NPS && score <= 6 }

// Settings say whether and whom we ask.
type Settings struct {
	On     bool      `json:"on"`
	Scale  Scale     `json:"scale"`
	Share  int       `json:"share"`            // of the conversations that could be asked about, in percent
	Quiet  int       `json:"quiet"`            // days in which nobody is asked twice
	After  int       `json:"after"`            // minutes after a conversation was resolved
	Agreed bool      `json:"agreed,omitempty"` // ask only those who agreed to it
	Since  time.Time `json:"since"`            // what was resolved before is not asked about
}

const (
	settingKey = "survey"
	keyKey     = "survey.key"
	// FreshFor is how long after it was resolved a conversation is asked about: later nobody remembers.
	FreshFor = 72 * time.Hour
	// OpenFor is how long an answer is taken.
	OpenFor    = 30 * 24 * time.Hour
	maxComment = 4000
	askEvery   = time.Minute
	askAtOnce  = 500
)

// usual are the settings before anybody chose.
func usual() Settings { return Settings{Scale: CSAT, Share: 50, Quiet: 60, After: 60} }

// Why somebody was not asked.
const (
	NotDrawn   = "not_drawn"  // the share did not fall on it
	AskedLate  = "quiet"      // they were asked a short while ago
	Refused    = "refused"    // they wish not to be asked
	NoConsent  = "no_consent" // only those who agreed are asked, and nothing says that they did
	NoWay      = "no_way"     // the channel carries no private word
	Unanswered = "unanswered" // nobody of ours said anything in it
)

// Service asks, and keeps what is answered.
type Service struct {
	db       *db.DB
	ledger   *ledger.Ledger
	inbox    *inbox.Service
	channels *channel.Service
	org      *org.Service
	box      *seal.Box
	url      string // of this installation, without a slash at the end
	log      *slog.Logger
	clock    func() time.Time
	ids      id.Maker
	notice   Notice // may be nil

	mu  sync.Mutex
	key []byte
}

// Notice asks whoever wrote a post, in the transaction q, by something else than a message; false where nobody can be asked so.
type Notice func(ctx context.Context, q db.Q, channel, author, post, path string) (bool, error)

// WithNotice has people asked by a notice who wrote where no private message of ours goes. Call it once, before the service is used.
func (s *Service) WithNotice(n Notice) *Service {
	s.notice = n
	return s
}

// New makes the service; url is where links in mails lead.
func New(d *db.DB, l *ledger.Ledger, in *inbox.Service, c *channel.Service, o *org.Service, box *seal.Box, url string, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, ledger: l, inbox: in, channels: c, org: o, box: box, url: url, log: log, clock: clock}
}

// Now is the clock of the service.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Settings are whether and whom we ask.
func (s *Service) Settings(ctx context.Context) (Settings, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return Settings{}, err
	}
	return s.settings(ctx)
}

func (s *Service) settings(ctx context.Context) (Settings, error) {
	v := usual()
	if err := s.org.Setting(ctx, settingKey, &v); err != nil && !problem.Is(err, problem.Missing) {
		return v, fmt.Errorf("read whom we ask: %w", err)
	}
	return v, nil
}

// Set changes whether and whom we ask. What was resolved before asking was switched on is not asked about.
func (s *Service) Set(ctx context.Context, v Settings) (Settings, error) {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return v, err
	}
	wrong := func(field string, least, most int) error {
		return problem.New(problem.Invalid, "survey.out_of", "Min", least, "Max", most).On(field)
	}
	switch {
	case !slices.Contains(Scales(), v.Scale):
		return v, problem.New(problem.Invalid, "survey.no_scale").On("scale")
	case v.Share < 1 || v.Share > 100:
		return v, wrong("share", 1, 100)
	case v.Quiet < 7 || v.Quiet > 730:
		return v, wrong("quiet", 7, 730)
	case v.After < 5 || v.After > 2880:
		return v, wrong("after", 5, 2880)
	}
	was, err := s.settings(ctx)
	if err != nil {
		return v, err
	}
	if v.Since = was.Since; v.On && !was.On {
		v.Since = s.Now()
	}
	return v, s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := s.org.SetSetting(ctx, q, settingKey, v); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "survey.set", "survey", v)
	})
}

// Ask is one question to somebody, or why it was not asked.
type Ask struct {
	ID                 string
	Conversation       string
	Span               int
	Author, AuthorName string
	Channel            string
	Scale              Scale
	State              string // asked, answered, left_out
	Why                string // of left_out
	Lang               string
	At, AnsweredAt     time.Time
	Score              int
	Comment            string
	Post               string // of the comment

	answers string // the post the question answers, by its external id
}

// The states of an ask.
const (
	Asked    = "asked"
	Answered = "answered"
	LeftOut  = "left_out"
)

const columns = "id, conversation, span, author, author_name, channel, scale, state, why, answers, lang, at, answered_at, COALESCE(score, 0), comment, post"

func fields(a *Ask) []any {
	return []any{&a.ID, &a.Conversation, &a.Span, &a.Author, &a.AuthorName, &a.Channel, (*string)(&a.Scale), &a.State, &a.Why, &a.answers, &a.Lang, db.At(&a.At), db.At(&a.AnsweredAt), &a.Score,
		&a.Comment, &a.Post}
}
