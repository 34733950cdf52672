package intake

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/plain"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// stackExchange reads a dump as Stack Exchange publishes them: a folder or a zip with Posts.xml and, when there are, Users.xml,
// Comments.xml, Votes.xml and Tags.xml. Questions are q1, answers a2, comments c3.
//
// Users and the dates of accepted answers are read first and kept, about 40 bytes each; posts and comments are never held.
type stackExchange struct{}

func (stackExchange) Describe() Description {
	return Description{Name: "stackexchange", Extensions: []string{".xml", ".zip"}, Posts: true, Folder: true, Fields: []string{"inbox", "direct", "site", "staff", "space", "fetch"}}
}

const (
	maxUsers    = 25_000_000
	maxAccepted = 25_000_000
)

// forum is what is known of a dump while it is read.
type forum struct {
	ctx      context.Context
	opts     *Options
	site     string // without a slash at the end
	linked   bool   // the site was named: posts have addresses there
	emit     func(Row) error
	users    users
	staff    map[int64]string    // user to member, "" when the member is not known
	picked   map[int64]time.Time // accepted answer to the day it was accepted
	accepted map[int64]accepted  // accepted answer, not yet met
	kinds    idSet               // posts that are answers
	src      *Source
	mails    map[int64]string    // user to address, of those who have one
	asked    idSet               // questions met, when they go to a community
	dealt    idSet               // answers met after their question
	same     idSet               // questions closed as asking what another asks
	closed   map[int64]time.Time // question that takes no more answers, to since when
	late     bool                // an answer stands before its question
	again    bool                // read once more for those
}

type accepted struct {
	question int64
	at       time.Time
}

func (stackExchange) Read(ctx context.Context, src *Source, opts Options, emit func(Row) error) error {
	posts := src.find("Posts.xml")
	if posts == "" && !src.Many() && len(src.files) == 1 {
		posts = src.files[0].name
	}
	if posts == "" {
		return problem.New(problem.Invalid, "intake.no_posts_xml")
	}
	f := &forum{ctx: ctx, opts: &opts, site: strings.TrimRight(opts.Site, "/"), linked: opts.Site != "", emit: emit, src: src, mails: map[int64]string{}, staff: map[int64]string{},
		picked: map[int64]time.Time{}, accepted: map[int64]accepted{}, closed: map[int64]time.Time{}}
	if f.site == "" {
		f.site = "https://" + hostLike(src.Name()) + ".invalid"
	}
	for _, step := range []struct {
		base string
		row  func(Place, []attribute) error
	}{{"Users.xml", f.user}, {"Votes.xml", f.vote}, {"Posts.xml", f.post}, {"Comments.xml", f.comment}, {"PostLinks.xml", f.link}} {
		name := src.find(step.base)
		if step.base == "Posts.xml" {
			name = posts
		}
		if name == "" || name == posts && step.base != "Posts.xml" {
			continue
		}
		if err := f.read(src, name, step.row); err != nil {
			if step.base == "Posts.xml" || !broken(err) {
				return err
			}
			if err := emit(refusedBy(Place{File: name}, err, "")); err != nil {
				return err
			}
		}
		if step.base == "Users.xml" {
			f.users.sort()
			if err := f.addresses(); err != nil {
				return err
			}
		}
		if step.base == "Posts.xml" {
			if f.late {
				f.again = true
				if err := f.read(src, name, step.row); err != nil && !broken(err) {
					return err
				}
			}
			if err := f.rest(); err != nil {
				return err
			}
		}
	}
	if err := f.locked(); err != nil {
		return err
	}
	for _, name := range src.Names() {
		switch base := strings.ToLower(name[strings.LastIndexByte(name, '/')+1:]); base {
		case "users.xml", "votes.xml", "posts.xml", "comments.xml", "postlinks.xml":
		default:
			if src.Many() {
				src.skip(name) // nothing to state: Tags.xml counts what posts say, Badges.xml is about users
			}
		}
	}
	return nil
}

func broken(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p)
}

func (f *forum) read(src *Source, name string, row func(Place, []attribute) error) error {
	file, err := src.open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	r, err := newRowReader(file)
	if err != nil {
		return err
	}
	for {
		attrs, err := r.next()
		var bad *errRow
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &bad):
			if err := f.emit(refused(Place{name, Element, r.n}, bad.reason, "")); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		if r.n%1024 == 0 && f.ctx.Err() != nil {
			return f.ctx.Err()
		}
		if err := row(Place{name, Element, r.n}, attrs); err != nil {
			return err
		}
	}
}

func (f *forum) user(_ Place, attrs []attribute) error {
	var id int64
	var name, web, mail []byte
	for _, a := range attrs {
		switch string(a.name) {
		case "Id":
			id, _ = number(a.value)
		case "DisplayName":
			name = a.value
		case "WebsiteUrl":
			web = a.value
		case "Email":
			mail = a.value
		}
	}
	if id == 0 {
		return nil
	}
	f.users.add(id, unescaped(name))
	if len(mail) > 0 && len(f.mails) < maxMails {
		f.mails[id] = unescaped(mail)
	}
	if len(web) > 0 && f.opts.Staff != "" {
		if member, ours := f.opts.staff(f.ctx, unescaped(web)); ours && len(f.staff) < 100_000 {
			f.staff[id] = member
		}
	}
	return nil
}

// vote keeps when an answer was accepted; the sum of the others is in the posts' score.
func (f *forum) vote(_ Place, attrs []attribute) error {
	var post int64
	kind := ""
	var at []byte
	for _, a := range attrs {
		switch string(a.name) {
		case "PostId":
			post, _ = number(a.value)
		case "VoteTypeId":
			if len(a.value) != 1 || a.value[0] != '1' {
				return nil
			}
			kind = "1"
		case "CreationDate":
			at = a.value
		}
	}
	if kind == "1" && len(f.picked) < maxAccepted {
		if t, ok := stamp(at); ok {
			f.picked[post] = t
		}
	}
	return nil
}

func (f *forum) post(place Place, attrs []attribute) error {
	var id, parent, owner, answer, kind int64
	var score int64
	var body, title, tags, date, shut, ownerName []byte
	var own extra
	for _, a := range attrs {
		switch string(a.name) {
		case "Id":
			id, _ = number(a.value)
		case "PostTypeId":
			kind, _ = number(a.value)
		case "ParentId":
			parent, _ = number(a.value)
		case "AcceptedAnswerId":
			answer, _ = number(a.value)
		case "OwnerUserId":
			owner, _ = number(a.value)
		case "Score":
			score, _ = number(a.value)
		case "Body":
			body = a.value
		case "Title":
			title = a.value
		case "Tags":
			tags = a.value
		case "CreationDate":
			date = a.value
		case "OwnerDisplayName":
			ownerName = a.value
		case "ClosedDate":
			shut = a.value
		default:
			own.read(a)
		}
	}
	if f.again && kind != 2 {
		return nil
	}
	if kind != 1 && kind != 2 {
		if kind == 0 || id == 0 {
			return f.emit(refused(place, "intake.bad_row", ""))
		}
		return f.emit(Row{Place: place, Left: true}) // pages about tags, elections and the like
	}
	if id <= 0 {
		return f.emit(refused(place, "intake.no_id", ""))
	}
	at, ok := stamp(date)
	if !ok {
		if f.again {
			return nil
		}
		return f.emit(refused(place, "intake.bad_date", string(date)))
	}
	number := strconv.FormatInt(id, 10)
	if f.opts.Space != "" {
		if emit, why := f.turn(kind, id, parent); !emit && why != "" {
			return f.emit(refused(place, why, "q"+strconv.FormatInt(parent, 10)))
		} else if !emit {
			return nil
		}
	}
	item := &channel.Item{At: at}
	item.Score = int(score)
	item.Text = plain.FromHTML(unescaped(body))
	if kind == 1 {
		item.Kind, item.ExternalID = "question", "q"+number
		item.Title = unescaped(title)
		item.Tags = tagList(unescaped(tags))
		if f.linked {
			item.URL = f.site + "/q/" + number
		}
		if answer > 0 && len(f.accepted) < maxAccepted {
			f.accepted[answer] = accepted{id, at}
		}
		if since, ok := stamp(shut); ok && f.opts.Space != "" && len(f.closed) < maxAccepted {
			f.closed[id] = since
		}
	} else {
		f.kinds.add(id)
		item.Kind, item.ExternalID = "answer", "a"+number
		if parent > 0 {
			item.InReplyTo = []string{"q" + strconv.FormatInt(parent, 10)}
		}
		if f.linked {
			item.URL = f.site + "/a/" + number
		}
	}
	f.author(item, owner, ownerName)
	if f.opts.Space != "" {
		f.settle(item, id, kind == 1, unescaped(body), &own)
	}
	f.opts.finish(item, kind == 1)
	if err := f.emit(Row{Place: place, Item: item}); err != nil {
		return err
	}
	if a, ok := f.accepted[id]; ok && kind == 2 {
		delete(f.accepted, id)
		return f.pick(place, a.question, id, at)
	}
	return nil
}

// pick states that a question was solved. Votes are dated by the day: the time is that of the answer when it was accepted on its day.
func (f *forum) pick(place Place, question, answer int64, said time.Time) error {
	at := said
	if day, ok := f.picked[answer]; ok {
		delete(f.picked, answer)
		if day.After(at) {
			at = day
		}
	}
	q, a := "q"+strconv.FormatInt(question, 10), "a"+strconv.FormatInt(answer, 10)
	return f.emit(Row{Place: place, About: About{Post: q, External: true}, Fact: &ledger.Activity{Kind: ledger.AnswerPicked, Channel: f.opts.Channel,
		At: f.opts.moved(at), Key: pickedKey(f.opts.Channel, q, a), Data: ledger.Data(ledger.Picked{Answer: a})}})
}

// rest states what was accepted of answers that stand before their question, or nowhere.
func (f *forum) rest() error {
	left := make([]int64, 0, len(f.accepted))
	for answer := range f.accepted {
		if f.kinds.has(answer) {
			left = append(left, answer)
		}
	}
	slices.Sort(left)
	for _, answer := range left {
		a := f.accepted[answer]
		if err := f.pick(Place{File: "Posts.xml"}, a.question, answer, a.at); err != nil {
			return err
		}
	}
	f.accepted, f.picked = nil, nil
	return nil
}

func (f *forum) comment(place Place, attrs []attribute) error {
	var id, post, user, score int64
	var text, date, name []byte
	for _, a := range attrs {
		switch string(a.name) {
		case "Id":
			id, _ = number(a.value)
		case "PostId":
			post, _ = number(a.value)
		case "UserId":
			user, _ = number(a.value)
		case "Score":
			score, _ = number(a.value)
		case "Text":
			text = a.value
		case "CreationDate":
			date = a.value
		case "UserDisplayName":
			name = a.value
		}
	}
	if id <= 0 || post <= 0 {
		return f.emit(refused(place, "intake.no_id", ""))
	}
	at, ok := stamp(date)
	if !ok {
		return f.emit(refused(place, "intake.bad_date", string(date)))
	}
	number, on := strconv.FormatInt(id, 10), strconv.FormatInt(post, 10)
	item := &channel.Item{At: at}
	item.Kind, item.ExternalID, item.Score, item.Text = "comment", "c"+number, int(score), sound(unescaped(text))
	if f.kinds.has(post) {
		item.InReplyTo = []string{"a" + on}
	} else {
		item.InReplyTo = []string{"q" + on}
	}
	if f.linked {
		item.URL = f.site + "/q/" + on + "#comment" + number + "_" + on
	}
	f.author(item, user, name)
	if f.opts.Space != "" {
		if !f.kinds.has(post) && !f.asked.has(post) {
			return f.emit(refused(place, "intake.no_post", "q"+on))
		}
		files := attachments{ctx: f.ctx, of: item, opts: f.opts, src: f.src, to: &f.opts.to, site: f.siteOf()}
		f.opts.settle(item, &f.opts.to, files.ours(sound(unescaped(text))))
		item.Attachments = files.list
		item.URL = f.opts.to.URL + "/p/c" + number
	}
	f.opts.finish(item, false)
	return f.emit(Row{Place: place, Item: item})
}

// author fills in who said it. Somebody who deleted the account has a name at most; the forum then stands for them.
func (f *forum) author(item *channel.Item, user int64, name []byte) {
	if user == 0 {
		item.AuthorName = unescaped(name)
		return
	}
	item.AuthorName = f.users.name(user)
	item.Author = ledger.Address{URI: f.site + "/users/" + strconv.FormatInt(user, 10), Name: item.AuthorName}
	if mail := f.mails[user]; mail != "" {
		item.Author.URI = "mailto:" + mail
	}
	if member, ours := f.staff[user]; ours {
		item.Ours, item.Member = true, member
	}
}

// tagList reads <a><b> and |a|b|.
func tagList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == '<' || r == '>' || r == '|' })
}

// hostLike makes a label of a host name from the name of a file.
func hostLike(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(name), ".")
	label := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, name), "-")
	if label == "" {
		return "forum"
	}
	return label[:min(len(label), 60)]
}

func number(b []byte) (int64, bool) {
	var n int64
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// stamp reads 2006-01-02T15:04:05.000, in UTC unless it says otherwise.
func stamp(b []byte) (time.Time, bool) {
	if len(b) >= 19 && len(b) <= 29 && b[4] == '-' && b[7] == '-' && (b[10] == 'T' || b[10] == ' ') && b[13] == ':' && b[16] == ':' {
		year, ok1 := number(b[:4])
		month, ok2 := number(b[5:7])
		day, ok3 := number(b[8:10])
		hour, ok4 := number(b[11:13])
		minute, ok5 := number(b[14:16])
		second, ok6 := number(b[17:19])
		if ok1 && ok2 && ok3 && ok4 && ok5 && ok6 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour >= 0 && hour < 24 && minute >= 0 &&
			minute < 60 && second >= 0 && second < 61 {
			nano := int64(0)
			rest := b[19:]
			if len(rest) > 1 && rest[0] == '.' {
				digits := rest[1:]
				for len(digits) > 0 && (digits[len(digits)-1] < '0' || digits[len(digits)-1] > '9') {
					digits = digits[:len(digits)-1]
				}
				if n, ok := number(digits); ok && len(digits) <= 9 && n >= 0 {
					for range 9 - len(digits) {
						n *= 10
					}
					nano, rest = n, rest[1+len(digits):]
				}
			}
			if len(rest) == 0 || len(rest) == 1 && rest[0] == 'Z' {
				t := time.Date(int(year), time.Month(month), int(day), int(hour), int(minute), int(second), int(nano), time.UTC)
				return t, t.Day() == int(day)
			}
		}
	}
	t, err := time.Parse(time.RFC3339Nano, string(b[:min(len(b), 60)]))
	return t.UTC(), err == nil
}

// users keeps names by number: one text with all of them, and where each begins.
type users struct {
	ids   []int64
	ends  []uint32
	names []byte
	order []int32 // nil while ids are in order, as they are in real dumps
}

func (u *users) add(id int64, name string) {
	if len(u.ids) >= maxUsers || len(u.names)+len(name) > 1<<31 {
		return
	}
	if len(name) > 200 {
		name = strings.ToValidUTF8(name[:200], "")
	}
	u.names = append(u.names, name...)
	u.ids, u.ends = append(u.ids, id), append(u.ends, uint32(len(u.names)))
}

func (u *users) sort() {
	if slices.IsSorted(u.ids) {
		return
	}
	u.order = make([]int32, len(u.ids))
	for i := range u.order {
		u.order[i] = int32(i)
	}
	sorting.Stable(u.order, func(a, b int32) int { return int(min(max(u.ids[a]-u.ids[b], -1), 1)) })
}

func (u *users) name(id int64) string {
	i, found := 0, false
	if u.order == nil {
		i, found = slices.BinarySearch(u.ids, id)
	} else {
		var n int
		n, found = slices.BinarySearchFunc(u.order, id, func(at int32, id int64) int { return int(min(max(u.ids[at]-id, -1), 1)) })
		if found {
			i = int(u.order[n])
		}
	}
	if !found {
		return ""
	}
	begin := uint32(0)
	if i > 0 {
		begin = u.ends[i-1]
	}
	return string(u.names[begin:u.ends[i]])
}

// idSet is a set of numbers that lie close together. One that is given numbers far apart stops growing.
type idSet map[int64]*[64]uint64

const maxSetBlocks = 200_000 // of 4096 numbers each: 100 MB

func (s *idSet) add(id int64) {
	if *s == nil {
		*s = idSet{}
	}
	block := (*s)[id>>12]
	if block == nil {
		if len(*s) >= maxSetBlocks {
			return
		}
		block = new([64]uint64)
		(*s)[id>>12] = block
	}
	block[id>>6&63] |= 1 << (id & 63)
}

func (s idSet) has(id int64) bool {
	block := s[id>>12]
	return block != nil && block[id>>6&63]&(1<<(id&63)) != 0
}
