package intake

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/org"
)

// Settings are what a person chooses for an import; they are kept with the job.
type Settings struct {
	Grants []org.Permission `json:"grants,omitempty"` // what whoever began it might do beyond importing; set by Start, chosen by nobody

	Channel  string            `json:"channel,omitempty"`  // id of the channel under which posts are stated
	Inbox    bool              `json:"inbox,omitempty"`    // threads are to be handled
	Direct   bool              `json:"direct,omitempty"`   // what is said there is said to us
	Own      string            `json:"own,omitempty"`      // our own mail addresses, separated by commas
	Site     string            `json:"site,omitempty"`     // stackexchange: address of the forum, such as https://forum.example
	Staff    string            `json:"staff,omitempty"`    // what the web address of our own people begins with
	Encoding string            `json:"encoding,omitempty"` // csv, vcard: name of a charset; "" to find out
	Target   string            `json:"target,omitempty"`   // csv: customers, orders, posts; facts: fact.KIND; "" to find out
	Columns  map[string]string `json:"columns,omitempty"`  // csv: field to the heading of its column; nil to find out
	Comma    string            `json:"comma,omitempty"`    // csv: the separator; "" to find out
	Dates    string            `json:"dates,omitempty"`    // csv: dmy or mdy; "" to find out
	Decimal  string            `json:"decimal,omitempty"`  // csv: , or .; "" to find out
	Currency string            `json:"currency,omitempty"` // csv: of amounts that name none, default EUR
	Origin   string            `json:"origin,omitempty"`   // facts: the system that states them, default files
	Label    string            `json:"label,omitempty"`    // facts: what those are that do not say it themselves
	Region   string            `json:"region,omitempty"`   // country of phone numbers without one, such as FR
	Space    string            `json:"space,omitempty"`    // the space of a community that threads are brought to, its id; "" for a channel alone
	Spaces   bool              `json:"spaces,omitempty"`   // discourse: each category goes to a space of its own, made when there is none
	Fetch    bool              `json:"fetch,omitempty"`    // pictures and files that are not in the file itself are downloaded

	NewChannel string `json:"new_channel,omitempty"` // of a dry run: name of the channel that would be made
}

// Options are settings with what only the program knows.
type Options struct {
	Settings
	Actor string         // who imports: member:ID, or "" for the operator
	Shift time.Duration  // added to every date; none moves beyond now
	Zone  *time.Location // of times without one; UTC when nil
	Now   time.Time      // set by the runner

	to          Destination // of Space
	communities *Communities
	dry         bool
	second      bool                         // another forum counts its posts in the community: links to numbers say of which they are
	missed      func(what string, err error) // a file of a post that could not be kept; the post shows a link

	// Resolve gives the post and the conversation (each "" when there is none) of what a channel calls externalID. channel is an id.
	Resolve func(ctx context.Context, channel, externalID string) (post, conversation string, err error)
	// Member finds a member by mail address.
	Member func(ctx context.Context, email string) (id string, ok bool)
	// Slug finds a member by what their web address ends in, after Staff.
	Slug func(ctx context.Context, slug string) (id string, ok bool)
}

// numbered is an address with the number of a post, saying of which forum it is where there are two.
func (o *Options) numbered(address string) string {
	host := o.host()
	if !o.second || host == "" {
		return address
	}
	address, fragment, marked := strings.Cut(address, "#")
	sign := "?"
	if strings.Contains(address, "?") {
		sign = "&"
	}
	address += sign + "from=" + host
	if marked {
		address += "#" + fragment
	}
	return address
}

// host is that of the forum that is read, "" when nobody says it.
func (o *Options) host() string {
	u, err := url.Parse(o.Site)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// begunBy notes who imports and what they may do.
func (o *Options) begunBy(ctx context.Context) {
	o.Actor = ""
	if m := org.Who(ctx); m != nil {
		o.Actor = "member:" + m.ID
	}
	o.Grants = grants(ctx)
}

// grants are the permissions on which rows depend that whoever acts holds.
func grants(ctx context.Context) []org.Permission {
	var out []org.Permission
	for _, p := range []org.Permission{org.InboxEdit, org.PeopleEdit, org.OrgEdit, org.MeasureEdit, org.CommunityEdit} {
		if org.Require(ctx, p) == nil {
			out = append(out, p)
		}
	}
	return out
}

// may reports whether whoever imports holds p. The operator, who is no member, may do everything.
func (o *Options) may(p org.Permission) bool { return o.Actor == "" || slices.Contains(o.Grants, p) }

// read is the time against which dates are judged when they are read: what lies ahead of it is a mistake, unless it is moved back.
func (o *Options) read() time.Time { return o.Now.Add(-o.Shift) }

// moved gives the date that is stated.
func (o *Options) moved(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	if at = at.Add(o.Shift); at.After(o.Now) && o.Shift > 0 {
		return o.Now
	}
	return at
}

func (o *Options) zone() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

func (o *Options) member(ctx context.Context, email string) string {
	if o.Member == nil || email == "" {
		return ""
	}
	id, _ := o.Member(ctx, email)
	return id
}

// staff reports whether uri is one of our own people's, and which member it is when that is known.
func (o *Options) staff(ctx context.Context, uri string) (member string, ours bool) {
	if o.Staff == "" || !strings.HasPrefix(uri, o.Staff) {
		return "", false
	}
	slug := strings.Trim(uri[len(o.Staff):], "/")
	if o.Slug != nil {
		member, _ = o.Slug(ctx, slug)
	}
	return member, true
}

// finish fills in what the options say of a post.
func (o *Options) finish(i *channel.Item, handle bool) {
	i.At = o.moved(i.At)
	i.Direct = i.Direct || o.Direct
	i.Inbox = o.Inbox && handle && !i.Ours && i.Automatic == ""
}
