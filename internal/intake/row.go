package intake

import (
	"strconv"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// Place is where something stands in what is read.
type Place struct {
	File string
	Unit Unit
	N    int64
}

// Unit says what a place counts.
type Unit byte

// The units. Lines and elements count from 1, bytes from 0; a whole file has none.
const (
	Whole   Unit = 0
	Line    Unit = ':'
	Byte    Unit = '@'
	Element Unit = '#'
)

// String writes contact.mbox@120, orders.csv:12, Posts.xml#3.
func (p Place) String() string {
	if p.Unit == Whole {
		return p.File
	}
	return p.File + string(rune(p.Unit)) + strconv.FormatInt(p.N, 10)
}

// Row is one thing found: a post, a fact, or something refused.
type Row struct {
	Place Place
	Item  *channel.Item    // a post, to be stated in the job's channel
	Fact  *ledger.Activity // another fact; its key makes it once
	About About            // the post or thread that Fact is about, when its object is not yet known
	// Refused says why nothing can be made of it; nil when something can.
	Refused *Refusal
	// Restates says that Fact is a statement that a source may repeat: it is new when the source said something else before.
	Restates bool
	Left     bool // left out on purpose, such as a page of a forum's tags; counted, not listed
}

// About names a post by what its channel calls it.
type About struct {
	Channel  string // the channel's name; "" for the job's
	Post     string // external id
	Thread   bool   // the fact is about the conversation rather than the post
	External bool   // set when Post is to be looked up
	Same     string // external id of the thread that says the same, of a thread that is closed for that; "" for none
}

// Refusal is why something is not imported.
type Refusal struct {
	Reason string // key of a sentence
	Args   []any  // name, value pairs
	Detail string // the words concerned
	Column string `json:",omitempty"` // the heading of the column that holds them, when it is known
}

// refused makes a refused row.
func refused(place Place, reason, detail string, args ...any) Row {
	return Row{Place: place, Refused: &Refusal{Reason: reason, Args: args, Detail: brief(detail)}}
}

// refusedBy makes a refused row of a problem.
func refusedBy(place Place, err error, detail string) Row {
	p := problem.Of(err)
	if p.Code == problem.Internal {
		p = problem.New(problem.Invalid, "intake.unreadable").Because(err)
		if detail == "" {
			detail = err.Error()
		}
	}
	return Row{Place: place, Refused: &Refusal{Reason: p.Key, Args: p.Args, Detail: brief(detail)}}
}

// size is about how many bytes the row keeps in memory.
func (r *Row) size() int {
	n := 200
	if r.Item != nil {
		n += 400 + len(r.Item.Text) + len(r.Item.Quoted) + len(r.Item.Title)
	}
	if r.Fact != nil {
		n += len(r.Fact.Data)
	}
	return n
}
