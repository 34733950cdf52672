// Package channel decides how Entente is connected to the places where things are said: it takes in what connectors fetch or receive,
// states it in the ledger, derives posts and threads from it, and sends what we answer, once.
package channel

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/entente/entente/internal/ledger"
)

// Capability is a set of what a connector can do.
type Capability uint32

// What connectors can do.
const (
	Fetch        Capability = 1 << iota // read what is new, by a cursor
	Search                              // look for words there
	Stream                              // be told of what is new as it is said
	Receive                             // be called by the other side
	Replies                             // read the replies to a post
	PublicReply                         // answer where everybody sees it
	PrivateReply                        // answer where only the author sees it
	Publish                             // say something unasked
	Schedule                            // say something later, kept there
	Edit                                // change what we said
	Delete                              // take back what we said
	Metrics                             // read views, votes and the like
)

// Has reports whether c has all of want.
func (c Capability) Has(want Capability) bool { return c&want == want }

// Description is what a connector says of itself; pages draw its settings form from it.
type Description struct {
	Kind   string // "feed"; names it in the database, URLs and locale keys channel.kind.KIND
	Icon   string
	Can    Capability
	Fields []Field
	Paid   bool          // each call costs money there: the operator is told before enabling it
	Every  time.Duration // how often it is fetched when the other side does not say; 0: never
	Direct bool          // what is said there is said to us
	Says   string        // the kind of post that what we say there is, see ledger.Said

	Internal bool // set up by the program itself: not offered to people
	Within   bool // an answer is read by whoever reads the post: a private one is an answer to a private post, and there is no choice
}

// FieldType says how a setting is typed in.
type FieldType string

// The types of settings.
const (
	Text   FieldType = "text"
	URL    FieldType = "url"
	Host   FieldType = "host" // host or host:port
	Number FieldType = "number"
	Secret FieldType = "secret" // sealed at rest, never shown again
	Choice FieldType = "choice"
	Switch FieldType = "switch" // "true" or ""
	Mail   FieldType = "mail"
)

// Field is one setting of a connector.
type Field struct {
	Name     string // key in Settings; its label is the sentence channel.KIND.NAME, its hint channel.KIND.NAME.hint when there is one
	Type     FieldType
	Required bool
	Default  string
	Choices  []string // for Choice; labels are the sentences channel.KIND.NAME.CHOICE
	Guards   bool     // for Choice: how the secrets travel, the safest first; whoever picks a less safe one types them again
}

// Settings are a channel's settings by field name, secrets opened.
type Settings map[string]string

// World is what a connector may use of the world outside; all of it is guarded: addresses that people type cannot reach private networks
// unless the operator allows it, answers are bounded in size and time.
type World struct {
	HTTP  *http.Client
	Dial  func(ctx context.Context, network, address string) (net.Conn, error)
	Clock func() time.Time
	Log   *slog.Logger
}

// Connector is a kind of channel.
type Connector interface {
	Describe() Description
	// Open makes a session with these settings. It checks their form (a *problem.Problem on the field) and makes no request.
	Open(Settings, World) (Session, error)
}

// Session is one channel in use; it may be used by one goroutine at a time for each of its roles. It also implements the interfaces
// below that its Description promises.
type Session interface {
	// Check makes the smallest request that shows whether the settings work.
	Check(ctx context.Context) (Health, error)
	Close() error
}

// Health is what is known about a channel's access.
type Health struct {
	ExpiresAt time.Time // when the access ends by itself; zero when it does not or nobody says
	Title     string    // what the place calls itself
}

// Fetcher reads what is new since a cursor.
type Fetcher interface {
	// Fetch returns the next page. It must not lose or repeat when the same cursor is given again; what comes twice is stated once.
	Fetch(ctx context.Context, cursor json.RawMessage) (Page, error)
}

// Page is what one Fetch brought.
type Page struct {
	Items     []Item
	Cursor    json.RawMessage // to be given next time; kept in the same transaction as the items
	More      bool            // there is more right now
	Unchanged bool            // the other side said that nothing is new
	NotBefore time.Time       // the other side asks not to be asked earlier; zero when it does not
	Title     string          // what the place calls itself, when it says so
	Skipped   []Skipped       // what could not be read, and why
	Moved     string          // a permanent new address, to be kept in the setting "url"
}

// Item is one thing said.
type Item struct {
	ledger.Said
	Author ledger.Address // URI may be "": the connector's place then stands for the author
	At     time.Time      // zero when the place does not say
	Edited bool           // replaces what was known under the same external id
	Group  bool           // said in a closed group of a community: nobody listens to it, see ledger.GroupSaid

	Letters []string // what tells apart the addresses for posts that it was written to: see WithLetters
	Raw     []byte   // of a letter, as it came
	Digest  string   // of what was said, whatever way it took
	Beside  bool     // a letter to the channel itself too
}

// Skipped is something that was read but not understood.
type Skipped struct {
	Place  string // line, part or external id
	Reason string // key of a sentence
	Detail string
}

// Streamer is told of what is new; it calls changed whenever Fetch would bring something, until ctx ends or the connection breaks.
type Streamer interface {
	Watch(ctx context.Context, changed func()) error
}

// Receiver takes in what the other side calls us with.
type Receiver interface {
	// Receive checks the request's signature over body and returns what it says. A *problem.Problem becomes the answer's status.
	Receive(header http.Header, body []byte, now time.Time) ([]Item, error)
}

// Screener is a Receiver that can refuse a call by its headers alone, before the body is read.
type Screener interface {
	Screen(header http.Header, now time.Time) error
}

// Outgoing is what we say.
type Outgoing struct {
	Key        string // idempotency key: the same thing is sent once, however often Send is called where the protocol allows it
	InReplyTo  string // external id of the post answered
	References []string
	To         []ledger.Address
	Subject    string
	Text       string // plain text
	AuthorName string // the member who speaks
	Private    bool
	At         time.Time
	Carries    string `json:",omitempty"` // a post of ours that this brings to somebody a second way: it is no post of its own
}

// Receipt is the other side's word that it has it.
type Receipt struct {
	ExternalID string
	URL        string
	At         time.Time
}

// Sender says something.
type Sender interface {
	// Send returns a receipt, or a Fault that says whether it may be tried again.
	Send(ctx context.Context, out Outgoing) (Receipt, error)
}

// Finder finds out whether something with this key arrived, after a Send that ended uncertainly.
type Finder interface {
	Find(ctx context.Context, out Outgoing) (Receipt, bool, error)
}

// Limits are what the other side allows at this moment, as its answers say. Its zero value is what is known before the first.
type Limits struct {
	Remaining int       `json:"remaining,omitempty"`  // calls left until ResetAt; only when Counted
	Counted   bool      `json:"counted,omitempty"`    // the place says how many calls are left
	ResetAt   time.Time `json:"reset_at,omitzero"`    // when there are more
	MaxLength int       `json:"max_length,omitempty"` // characters a post may have; 0 when it does not say
}

// Until is when the next call may be made: zero for now.
func (l Limits) Until(now time.Time) time.Time {
	if l.Counted && l.Remaining <= 0 && l.ResetAt.After(now) {
		return l.ResetAt
	}
	return time.Time{}
}

// Limiter tells the limits as the session's last answers have them. The channel keeps them, asks no earlier than they allow, and refuses
// what is too long before it is queued.
type Limiter interface{ Limits() Limits }

// FaultKind says what a failure means for the next try.
type FaultKind string

// The kinds of fault.
const (
	Temporary    FaultKind = "temporary"    // try again, later and later
	Throttled    FaultKind = "throttled"    // too many calls: not before After
	Unauthorised FaultKind = "unauthorised" // the access is refused or has expired: a person must act
	Refused      FaultKind = "refused"      // will never work as it is
	Gone         FaultKind = "gone"         // the place is no more
	Uncertain    FaultKind = "uncertain"    // a write that may or may not have happened: never repeated blindly
)

// Fault is a failure of the other side.
type Fault struct {
	Kind  FaultKind
	After time.Duration // for Throttled: how long to wait; 0 when it did not say
	Err   error
}

// Error is for logs.
func (f *Fault) Error() string { return string(f.Kind) + ": " + f.Err.Error() }

// Unwrap gives what was behind the fault.
func (f *Fault) Unwrap() error { return f.Err }
