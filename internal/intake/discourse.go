package intake

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/plain"
	"github.com/entente/entente/internal/intake/marked"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// discourse reads what a Discourse forum says over its documented API: categories.json or site.json, topics as /t/ID.json, users; one file, or a folder or zip
// of them, each a JSON value, a list of such or one a line. Tables with usernames and mail addresses, as it exports them, are read too, and pictures of a
// backup. A post is t12.3: the third of topic 12.
type discourse struct{}

func (discourse) Describe() Description {
	return Description{Name: "discourse", Extensions: []string{".json", ".jsonl", ".zip"}, Posts: true, Folder: true, Fields: []string{"inbox", "direct", "site", "staff", "space", "spaces", "fetch"}}
}

const (
	maxValue = 64 << 20 // bytes of one JSON value: a topic of ten thousand posts
	maxKept  = 2_000_000
)

type dcCategory struct {
	ID          int64           `json:"id"`
	Name        string          `json:"name"`
	Slug        string          `json:"slug"`
	About       string          `json:"description_text"`
	Restricted  bool            `json:"read_restricted"`
	Parent      int64           `json:"parent_category_id"`
	Subs        []dcCategory    `json:"subcategory_list"`
	Custom      map[string]any  `json:"custom_fields"`
	Permissions json.RawMessage `json:"group_permissions"`
}

type dcUser struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
	Name     string `json:"name"`
	Email    string `json:"email"`
}

type dcAction struct {
	ID    int `json:"id"`
	Count int `json:"count"`
}

type dcPost struct {
	ID         int64      `json:"id"`
	Topic      int64      `json:"topic_id"`
	Username   string     `json:"username"`
	Name       string     `json:"name"`
	At         time.Time  `json:"created_at"`
	Raw        string     `json:"raw"`
	Cooked     string     `json:"cooked"`
	Number     int        `json:"post_number"`
	Type       int        `json:"post_type"`
	ReplyTo    int        `json:"reply_to_post_number"`
	Actions    []dcAction `json:"actions_summary"`
	Likes      int        `json:"like_count"`
	Hidden     bool       `json:"hidden"`
	Gone       bool       `json:"user_deleted"`
	DeletedAt  *time.Time `json:"deleted_at"`
	Accepted   bool       `json:"accepted_answer"`
	TopicTitle string     `json:"topic_title"`
	Category   int64      `json:"category_id"`
	TopicSlug  string     `json:"topic_slug"`
}

type dcTopic struct {
	ID       int64             `json:"id"`
	Title    string            `json:"title"`
	Category int64             `json:"category_id"`
	Tags     []json.RawMessage `json:"tags"`
	Type     string            `json:"archetype"`
	Votes    *int              `json:"vote_count"`
	MayVote  bool              `json:"can_vote"`
	Deleted  *time.Time        `json:"deleted_at"`
	Closed   bool              `json:"closed"`
	Archived bool              `json:"archived"`
	Pinned   bool              `json:"pinned"`
	Global   bool              `json:"pinned_globally"`
	PinnedAt time.Time         `json:"pinned_at"`
	LastAt   time.Time         `json:"last_posted_at"`
	Visible  *bool             `json:"visible"`
	Stream   *struct {
		Posts []dcPost `json:"posts"`
		IDs   []int64  `json:"stream"` // of all its posts, of which a page holds the first twenty
	} `json:"post_stream"`
	Accepted *struct {
		Number int `json:"post_number"`
	} `json:"accepted_answer"`
}

// dcValue is what one JSON value may be.
type dcValue struct {
	dcTopic
	CategoryList *struct {
		Categories []dcCategory `json:"categories"`
	} `json:"category_list"`
	Categories []dcCategory `json:"categories"`
	Users      []dcUser     `json:"users"`
	User       *dcUser      `json:"user"`
	Username   string       `json:"username"`
	Name       string       `json:"name"`
	Email      string       `json:"email"`
}

type board struct {
	ctx        context.Context
	opts       *Options
	src        *Source
	emit       func(Row) error
	site       string
	linked     bool
	categories map[int64]dcCategory
	users      map[string]dcUser
	spaces     map[int64]Destination
}

func (discourse) Read(ctx context.Context, src *Source, opts Options, emit func(Row) error) error {
	b := &board{ctx: ctx, opts: &opts, src: src, emit: emit, site: strings.TrimRight(opts.Site, "/"), linked: opts.Site != "", categories: map[int64]dcCategory{},
		users: map[string]dcUser{}, spaces: map[int64]Destination{}}
	if b.site == "" {
		b.site = "https://" + hostLike(src.Name()) + ".invalid"
	}
	var names []string
	for _, n := range src.Names() {
		if e := strings.ToLower(path.Ext(n)); !src.Many() || e == ".json" || e == ".jsonl" || e == ".ndjson" {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return problem.New(problem.Invalid, "intake.nothing_to_read", "Name", src.Name())
	}
	if err := eachAddress(src, func(_, name, mail string) { b.know(dcUser{Username: name, Email: mail}) }); err != nil {
		return err
	}
	// What topics name is read before them: categories and users may stand in files behind.
	for _, do := range []func(Place, *dcValue) error{b.around, b.topic} {
		if err := each(ctx, src, names, emit, func(name string, r io.Reader) error { return b.values(name, r, do) }); err != nil {
			return err
		}
	}
	return nil
}

// values goes through the JSON values of a file: one, several after each other, or a list.
func (b *board) values(name string, r io.Reader, do func(Place, *dcValue) error) error {
	in, err := decoded(r, "")
	if err != nil {
		return err
	}
	capped := &cappedReader{r: in, left: maxValue}
	d := json.NewDecoder(bufio.NewReader(capped))
	listed := false
	if c, err := firstByte(in); err != nil {
		return nil // an empty file
	} else if c == '[' {
		listed = true
		if _, err := d.Token(); err != nil {
			return problem.New(problem.Invalid, "intake.bad_json").Because(err)
		}
	}
	for n := int64(1); ; n++ {
		if listed && !d.More() {
			return nil
		}
		if err := b.ctx.Err(); err != nil {
			return err
		}
		capped.left = maxValue
		var v dcValue
		err := d.Decode(&v)
		var wrong *json.UnmarshalTypeError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &wrong): // understood as far as it goes
		case err != nil:
			return problem.New(problem.Invalid, "intake.bad_json").Because(err)
		}
		if err := do(Place{name, Element, n}, &v); err != nil {
			return err
		}
	}
}

// firstByte is the first byte that is no space; nothing is taken.
func firstByte(in *bufio.Reader) (byte, error) {
	for n := 1; n <= sniffed; n++ {
		head, err := in.Peek(n)
		if len(head) < n {
			return 0, err
		}
		if c := head[n-1]; !isBlank(c) {
			return c, nil
		}
	}
	return 0, io.EOF
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// cappedReader ends a value that is absurdly long.
type cappedReader struct {
	r    io.Reader
	left int
}

func (c *cappedReader) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, problem.New(problem.TooLarge, "intake.too_long")
	}
	n, err := c.r.Read(p)
	c.left -= n
	return n, err
}

func (b *board) know(u dcUser) {
	if u.Username == "" || len(b.users) >= maxKept {
		return
	}
	was := b.users[u.Username]
	was.Username, was.Name, was.Email = u.Username, cmp.Or(u.Name, was.Name), cmp.Or(u.Email, was.Email)
	b.users[u.Username] = was
}

// around notes categories and users.
func (b *board) around(_ Place, v *dcValue) error {
	list := v.Categories
	if v.CategoryList != nil {
		list = append(list, v.CategoryList.Categories...)
	}
	for _, c := range list {
		for _, sub := range append([]dcCategory{c}, c.Subs...) {
			if len(b.categories) < maxKept && sub.ID != 0 {
				b.categories[sub.ID] = sub
			}
		}
	}
	for _, u := range v.Users {
		b.know(u)
	}
	if v.User != nil {
		b.know(*v.User)
	}
	if v.Stream == nil {
		b.know(dcUser{Username: v.Username, Name: v.Name, Email: v.Email})
	}
	return nil
}

// space is where the topics of a category go.
func (b *board) space(category int64) (Destination, error) {
	to := b.opts.to
	c, known := b.categories[category]
	if !b.opts.Spaces || !known || b.opts.communities == nil || b.opts.dry {
		return to, nil
	}
	if d, found := b.spaces[category]; found {
		return d, nil
	}
	d, err := b.opts.communities.Space(b.ctx, to, c.Slug, c.Name, c.About, c.Restricted)
	if err == nil {
		b.spaces[category] = d
	}
	return d, err
}

// topic states a topic: its first post, then those that answer, in order.
func (b *board) topic(place Place, v *dcValue) error {
	t := &v.dcTopic
	if t.Stream == nil {
		return nil
	}
	if t.Type == "private_message" || t.Deleted != nil {
		return b.emit(Row{Place: place, Left: true})
	}
	if t.ID <= 0 {
		return b.emit(refused(place, "intake.no_id", t.Title))
	}
	if t.Visible != nil && !*t.Visible { // here everybody would find it
		return b.emit(refused(place, "intake.unlisted", t.Title))
	}
	to, err := b.space(t.Category)
	if err != nil {
		return b.emit(refusedBy(place, err, t.Title))
	}
	posts := t.Stream.Posts
	sorting.Stable(posts, func(x, y dcPost) int { return x.Number - y.Number })
	accepted := 0
	if t.Accepted != nil {
		accepted = t.Accepted.Number
	}
	for _, p := range posts {
		if p.Accepted {
			accepted = p.Number
		}
	}
	kind := b.kindOf(t, &to, accepted)
	have := map[int]bool{}
	for i := range posts {
		p := &posts[i]
		if p.Type == 3 || p.Type == 4 || p.Hidden || p.Gone || p.DeletedAt != nil { // what was done, whispers of the team, and what was taken away
			if err := b.emit(Row{Place: place, Left: true}); err != nil {
				return err
			}
			continue
		}
		item, why := b.item(t, p, kind, have, &to)
		if why != "" {
			if err := b.emit(refused(place, why, b.external(t.ID, p.Number))); err != nil {
				return err
			}
			continue
		}
		have[p.Number] = true
		if err := b.emit(Row{Place: place, Item: item}); err != nil {
			return err
		}
	}
	if kind == "question" && accepted > 1 && have[accepted] && have[1] {
		q, a := b.external(t.ID, 1), b.external(t.ID, accepted)
		at := posts[0].At
		for _, p := range posts {
			if p.Number == accepted {
				at = p.At
			}
		}
		if err := b.emit(Row{Place: place, About: About{Post: q, External: true}, Fact: &ledger.Activity{Kind: ledger.AnswerPicked, Channel: b.opts.Channel,
			At: b.opts.moved(at), Key: pickedKey(b.opts.Channel, q, a), Data: ledger.Data(ledger.Picked{Answer: a})}}); err != nil {
			return err
		}
	}
	if have[1] {
		if err := b.turned(place, t, posts); err != nil {
			return err
		}
	}
	return b.missing(place, t, posts)
}

// turned states that a topic takes no more answers, or stands above others.
func (b *board) turned(place Place, t *dcTopic, posts []dcPost) error {
	if b.opts.Space == "" {
		return nil
	}
	q, last := b.external(t.ID, 1), t.LastAt
	for _, p := range posts {
		if p.At.After(last) {
			last = p.At
		}
	}
	for _, x := range []struct {
		is    bool
		state string
		at    time.Time
	}{{t.Closed || t.Archived, "locked", last}, {t.Pinned || t.Global, "pinned", t.PinnedAt}} {
		if !x.is {
			continue
		}
		if x.at.IsZero() {
			x.at = last
		}
		if err := b.emit(Row{Place: place, About: About{Post: q, External: true}, Fact: &ledger.Activity{Kind: ledger.ThreadTurned, Actor: b.opts.Actor, Channel: b.opts.Channel, At: b.opts.moved(x.at),
			Key: turnedKey(b.opts.Channel, q, x.state), Data: ledger.Data(ledger.Turned{State: x.state})}}); err != nil {
			return err
		}
	}
	return nil
}

// missing tells which posts a topic has that the file does not hold, so that nobody takes half a topic for all of it.
func (b *board) missing(place Place, t *dcTopic, posts []dcPost) error {
	here := make(map[int64]bool, len(posts))
	for _, p := range posts {
		here[p.ID] = true
	}
	var ids []string
	for _, id := range t.Stream.IDs {
		if !here[id] {
			ids = append(ids, strconv.FormatInt(id, 10))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return b.emit(refused(place, "intake.posts_missing", strings.Join(ids, " "), "Topic", t.ID, "Count", len(ids)))
}

func (b *board) external(topic int64, number int) string {
	return "t" + strconv.FormatInt(topic, 10) + "." + strconv.Itoa(number)
}

// kindOf is what a topic is here: an idea where it can be voted on, a question where it has an accepted answer or its category asks for one.
func (b *board) kindOf(t *dcTopic, to *Destination, accepted int) string {
	asks, _ := b.categories[t.Category].Custom["enable_accepted_answers"].(string)
	solved, _ := b.categories[t.Category].Custom["enable_accepted_answers"].(bool)
	any := b.opts.Space == "" || to.Space == ""
	switch {
	case (t.MayVote || t.Votes != nil && *t.Votes > 0) && (any || to.takes("idea")):
		return "idea"
	case (accepted > 0 || asks == "true" || solved) && (any || to.takes("question")):
		return "question"
	case !any && !to.takes("discussion") && to.takes("question"):
		return "question"
	}
	return ""
}

func (b *board) item(t *dcTopic, p *dcPost, kind string, have map[int]bool, to *Destination) (*channel.Item, string) {
	if p.At.IsZero() {
		return nil, "intake.bad_date"
	}
	if p.Number > 1 && !have[1] {
		return nil, "intake.no_post"
	}
	item := &channel.Item{At: p.At}
	item.ExternalID = b.external(t.ID, p.Number)
	item.Score = p.Likes
	for _, a := range p.Actions {
		if a.ID == 2 {
			item.Score = a.Count
		}
	}
	files := attachments{ctx: b.ctx, of: item, opts: b.opts, src: b.src, to: to, site: b.siteOf()}
	text := ""
	if b.opts.Space != "" {
		if text = sound(p.Raw); text == "" {
			text = marked.Options{Link: b.moved, Picture: files.show}.From(p.Cooked)
		} else {
			text = b.raw(text, &files)
		}
	}
	if item.Text = plain.FromHTML(p.Cooked); item.Text == "" {
		item.Text = sound(p.Raw)
	}
	if item.Text == "" && text == "" {
		return nil, "intake.no_text"
	}
	topic := strconv.FormatInt(t.ID, 10)
	if p.Number == 1 {
		item.Kind, item.Title = kind, sound(t.Title)
		for _, tag := range t.Tags {
			if name := tagName(tag); name != "" {
				item.Tags = append(item.Tags, name)
			}
		}
		if kind == "idea" && t.Votes != nil {
			item.Score = *t.Votes
		}
	} else {
		if kind == "question" {
			item.Kind = "answer"
		}
		if p.ReplyTo > 1 && have[p.ReplyTo] {
			item.InReplyTo = []string{b.external(t.ID, p.ReplyTo)}
			if kind == "question" {
				item.Kind = "comment"
			}
		}
		item.InReplyTo = append(item.InReplyTo, b.external(t.ID, 1))
	}
	if b.linked {
		item.URL = b.site + "/t/" + topic + "/" + strconv.Itoa(p.Number)
	}
	u := b.users[p.Username]
	if item.AuthorName = sound(cmp.Or(p.Name, u.Name, p.Username)); p.Username != "" {
		item.Author = ledger.Address{URI: b.site + "/u/" + strings.ToLower(p.Username), Name: item.AuthorName}
		if u.Email != "" {
			item.Author.URI = "mailto:" + u.Email
		}
		if member, ours := b.opts.staff(b.ctx, item.Author.URI); ours {
			item.Ours, item.Member = true, member
		}
	}
	if b.opts.Space != "" {
		b.opts.settle(item, to, text)
		item.Attachments = files.list
		item.URL = to.URL + "/t/" + topic + "/" + strconv.Itoa(p.Number)
	}
	b.opts.finish(item, p.Number == 1)
	return item, ""
}

// tagName is a tag, which newer forums describe.
func tagName(raw json.RawMessage) string {
	var name string
	if json.Unmarshal(raw, &name) == nil {
		return name
	}
	var tag struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(bytes.TrimSpace(raw), &tag) // what is no tag has no name
	return tag.Name
}

func (b *board) siteOf() string {
	if b.linked {
		return b.site
	}
	return ""
}

var (
	oldTopic  = regexp.MustCompile(`^/t/(?:[^/]+/)?\d+`)
	dcUpload  = regexp.MustCompile(`(!?)\[([^\]\n]{0,300})\]\(((?:upload://|/uploads/|https?://[^)\s]+/uploads/)[^)\s]+)\)`)
	dcAddress = regexp.MustCompile(`https?://[^\s()<>"\]]+/t/[^\s()<>"\]]*[^\s()<>"\].,;:!?]`)
	dcQuote   = regexp.MustCompile(`(?s)\[quote(?:="?([^"\],]*)[^\]]*)?\]\n?(.*?)\n?\[/quote\]`)
)

// moved lets links to other topics of the forum lead to where these are now.
func (b *board) moved(address string) string {
	rest := address
	if b.linked {
		rest = strings.TrimPrefix(address, b.site)
	}
	if oldTopic.MatchString(rest) && b.opts.to.URL != "" {
		return b.opts.numbered(b.opts.to.URL + rest)
	}
	return address
}

// raw makes Markdown of what people typed there: uploads are kept, quotes are quotes.
func (b *board) raw(text string, files *attachments) string {
	text = dcQuote.ReplaceAllStringFunc(text, func(s string) string {
		m := dcQuote.FindStringSubmatch(s)
		quote := m[2]
		if who := strings.TrimSpace(m[1]); who != "" {
			quote = "**" + marked.Escape(who) + "**\n\n" + quote
		}
		return "> " + strings.ReplaceAll(strings.TrimSpace(quote), "\n", "\n> ") + "\n"
	})
	text = dcUpload.ReplaceAllStringFunc(text, func(s string) string {
		m := dcUpload.FindStringSubmatch(s)
		alt, _, _ := strings.Cut(m[2], "|")
		return files.show(m[3], strings.TrimSpace(alt))
	})
	if b.linked && b.opts.to.URL != "" {
		text = dcAddress.ReplaceAllStringFunc(text, func(address string) string {
			if rest, ours := strings.CutPrefix(address, b.site+"/t/"); ours {
				return b.opts.numbered(b.opts.to.URL + "/t/" + rest)
			}
			return address
		})
	}
	return text
}
