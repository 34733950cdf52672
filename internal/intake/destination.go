package intake

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/intake/marked"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Destination is a space of a community that threads are brought to.
type Destination struct {
	Space     string // id
	Community string // id
	Channel   string // of the community
	Name      string // of the community and the space
	Path      string // COMMUNITY/SPACE, as the command line names it
	URL       string // of the community in the world
	Holds     []string
	Private   bool // not everybody may read what is said there
	Closed    bool // nobody listens there
}

// takes reports whether the space holds such threads.
func (d *Destination) takes(kind string) bool { return slices.Contains(d.Holds, kind) }

// Communities is what imports ask of communities, which stand to their right.
type Communities struct {
	// Spaces lists where threads can be brought to.
	Spaces func(ctx context.Context) ([]Destination, error)
	// Space gives the space of the same community that is called so; it is made when there is none.
	Space func(ctx context.Context, beside Destination, slug, name, about string, closed bool) (Destination, error)
	// File keeps a file that a post shows, checked and written anew, once for each key. It gives the Markdown that shows it.
	File func(ctx context.Context, to Destination, key, name string, open func() (io.ReadCloser, error)) (shown string, a ledger.Attachment, err error)
	// Line gives a title, a name or a tag as people may write it there: on one line, without what is not seen or turns the words around it.
	Line func(string) string
	// Client reaches addresses that files name, by the guarded way out.
	Client *http.Client
}

// WithCommunities lets files be brought into communities.
func (s *Service) WithCommunities(c Communities) { s.communities = &c }

// Destinations lists the spaces that an import may go to, for whoever looks after communities.
func (s *Service) Destinations(ctx context.Context) ([]Destination, error) {
	if s.communities == nil || org.Require(ctx, org.CommunityEdit) != nil {
		return nil, nil
	}
	return s.communities.Spaces(ctx)
}

// aim finds the space that settings name, by its id or its path, and sets the channel to its community's.
func (s *Service) aim(ctx context.Context, set *Settings) (Destination, error) {
	if err := org.Require(ctx, org.CommunityEdit); err != nil {
		return Destination{}, err
	}
	bad := problem.New(problem.Invalid, "intake.no_space").On("space")
	if s.communities == nil {
		return Destination{}, bad
	}
	list, err := s.communities.Spaces(ctx)
	if err != nil {
		return Destination{}, err
	}
	for _, d := range list {
		if d.Space == set.Space || strings.EqualFold(d.Path, set.Space) {
			set.Space, set.Channel = d.Space, d.Channel
			return d, nil
		}
	}
	return Destination{}, bad
}

// Into fills in where options bring threads to, when they name a space.
func (s *Service) Into(ctx context.Context, opts *Options) error {
	if opts.Space == "" {
		return nil
	}
	d, err := s.aim(ctx, &opts.Settings)
	opts.to, opts.communities = d, s.communities
	return err
}

// into reports whether posts become threads of a community.
func (o *Options) into() bool { return o.Space != "" && (o.to.Space != "" || o.communities == nil) }

// line is a title, a name or a tag as it stands where it is brought to.
func (o *Options) line(s string) string {
	if o.Space == "" || o.communities == nil || o.communities.Line == nil {
		return s
	}
	return o.communities.Line(s)
}

// most kept of what a forum counts as votes.
const maxScore = 1_000_000

// settle makes a post one of a community: said in a space when it begins a thread, with its Markdown.
func (o *Options) settle(item *channel.Item, to *Destination, markdown string) {
	item.Markup = markdown
	if len(item.InReplyTo) == 0 {
		item.Space = to.Space
	}
	item.Private, item.Group = to.Private, to.Closed
	item.Score = min(max(item.Score, -maxScore), maxScore)
	if to.Closed {
		item.Inbox = false
	}
}

// attachments collects the files that one post shows.
type attachments struct {
	ctx  context.Context
	of   *channel.Item
	opts *Options
	src  *Source
	to   *Destination
	site string
	list []ledger.Attachment
}

// show gives the Markdown of a picture or file: kept with the community when it is in what is read, or was asked for; else a link.
func (a *attachments) show(address, alt string) string {
	full := a.absolute(address)
	if a.opts.dry || a.opts.communities == nil || a.to.Space == "" || len(a.list) >= maxShown {
		return marked.Linked(full, alt)
	}
	name := a.named(address)
	inside := a.within(address)
	if inside == "" && (!a.opts.Fetch || !strings.HasPrefix(full, "http")) {
		return marked.Linked(full, alt)
	}
	called := alt
	if called == "" {
		called = name
	} else if e := path.Ext(name); e != "" && path.Ext(called) != e {
		called += e
	}
	key := full
	if !strings.Contains(full, "://") { // of two forums that call a file alike, each has its own
		key += "@" + a.of.ExternalID + "@" + strconv.FormatInt(a.of.At.UnixMicro(), 36)
	}
	shown, file, err := a.opts.communities.File(a.ctx, *a.to, key, called, func() (io.ReadCloser, error) {
		if inside != "" {
			return a.src.open(inside)
		}
		return fetch(a.ctx, a.opts.communities.Client, full)
	})
	if err != nil {
		a.opts.missed(full, err)
		return marked.Linked(full, alt)
	}
	a.list = append(a.list, file)
	return shown
}

var ourFile = regexp.MustCompile(`!?\[([^\]\n]{0,300})\]\((/media/[0-9a-z]{20}\.[a-z]{3,4})\)`)

// ours keeps the files that Markdown of a dump of ours shows.
func (a *attachments) ours(text string) string {
	if !strings.Contains(text, "](/media/") {
		return text
	}
	return ourFile.ReplaceAllStringFunc(text, func(s string) string {
		m := ourFile.FindStringSubmatch(s)
		return a.show(m[2], strings.TrimSuffix(m[1], path.Ext(m[2])))
	})
}

// maxShown is how many files one post shows at most, as in communities.
const maxShown = 20

func fetch(ctx context.Context, client *http.Client, address string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, problem.New(problem.Invalid, "intake.not_fetched").Because(err)
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, problem.New(problem.Invalid, "intake.not_fetched").Because(err)
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, problem.New(problem.Missing, "intake.not_fetched")
	}
	return res.Body, nil
}

// named is the last part of an address.
func (a *attachments) named(address string) string {
	if short, ok := strings.CutPrefix(address, "upload://"); ok {
		return path.Base(short)
	}
	if u, err := url.Parse(address); err == nil && u.Path != "" {
		return path.Base(u.Path)
	}
	return "file"
}

// absolute is where an address of a post leads in the world.
func (a *attachments) absolute(address string) string {
	if short, ok := strings.CutPrefix(address, "upload://"); ok {
		address = "/uploads/short-url/" + short
	}
	if a.site != "" {
		if base, err := url.Parse(a.site + "/"); err == nil {
			if to, err := base.Parse(address); err == nil {
				return to.String()
			}
		}
	}
	return address
}

// within is the file of what is read that an address means, "" for none: a dump has its pictures beside it.
func (a *attachments) within(address string) string {
	if !a.src.Many() {
		return ""
	}
	if short, ok := strings.CutPrefix(address, "upload://"); ok {
		digest, _, _ := strings.Cut(short, ".")
		if name := unshort(digest); name != "" {
			return a.src.beginning(name + ".")
		}
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || u.Path == "" || u.Host != "" && !strings.HasPrefix(address, a.site+"/") && !strings.Contains(u.Path, "/uploads/") {
		return ""
	}
	return a.src.ending(strings.TrimPrefix(path.Clean("/"+u.Path), "/"))
}
