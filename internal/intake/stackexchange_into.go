package intake

import (
	"encoding/csv"
	"errors"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/intake/marked"
	"github.com/entente/entente/internal/ledger"
)

// extra is what a dump that we wrote says beyond what others do.
type extra struct{ markdown, kind, lang, replyTo []byte }

func (e *extra) read(a attribute) {
	switch string(a.name) {
	case "Markdown":
		e.markdown = a.value
	case "Kind":
		e.kind = a.value
	case "Lang":
		e.lang = a.value
	case "ReplyTo":
		e.replyTo = a.value
	}
}

const maxMails = 5_000_000

// addresses reads who has which mail address from tables beside the dump: their author is then whoever proves to have that address.
func (f *forum) addresses() error {
	if f.opts.Space == "" {
		return nil
	}
	return eachAddress(f.src, func(number, _, mail string) {
		if id, err := strconv.ParseInt(number, 10, 64); err == nil && len(f.mails) < maxMails {
			f.mails[id] = mail
		}
	})
}

// eachAddress goes through the tables of a source that have a column of addresses and one of numbers or names of users.
func eachAddress(src *Source, each func(number, name, mail string)) error {
	if !src.Many() {
		return nil
	}
	for _, name := range src.Names() {
		if strings.ToLower(path.Ext(name)) != ".csv" {
			continue
		}
		file, err := src.open(name)
		if err != nil {
			return err
		}
		err = addressesOf(file, each)
		file.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func addressesOf(file io.Reader, each func(number, name, mail string)) error {
	in, err := decoded(file, "")
	if err != nil {
		return err
	}
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = -1, true, true
	number, user, mail := -1, -1, -1
	for line := 0; line < maxMails; line++ {
		row, err := r.Read()
		var bad *csv.ParseError
		switch {
		case errors.As(err, &bad):
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if line == 0 {
			for i, h := range row {
				switch heading(h) {
				case "id", "user id":
					number = i
				case "username", "user name":
					user = i
				case "email", "e mail", "mail":
					mail = i
				}
			}
			if mail < 0 || number < 0 && user < 0 {
				return nil
			}
			continue
		}
		at := func(i int) string {
			if i < 0 || i >= len(row) {
				return ""
			}
			return strings.TrimSpace(row[i])
		}
		if address := at(mail); strings.Contains(address, "@") {
			each(strings.Clone(at(number)), strings.Clone(at(user)), strings.Clone(address))
		}
	}
	return nil
}

// turn says whether a post is to be stated now: an answer is when its question was, however the dump is sorted. why is the reason for which it never is.
func (f *forum) turn(kind, id, parent int64) (emit bool, why string) {
	switch {
	case kind == 1:
		f.asked.add(id)
		return true, ""
	case f.again && f.dealt.has(id):
		return false, ""
	case f.asked.has(parent):
		f.dealt.add(id)
		return true, ""
	case f.again:
		return false, "intake.no_post"
	}
	f.late = true
	return false, ""
}

// settle makes a post one of the community that the dump is brought to.
func (f *forum) settle(item *channel.Item, id int64, first bool, body string, own *extra) {
	to := &f.opts.to
	files := attachments{ctx: f.ctx, of: item, opts: f.opts, src: f.src, to: to, site: f.siteOf()}
	text := files.ours(unescaped(own.markdown))
	if text == "" {
		text = marked.Options{Link: f.moved, Picture: files.show}.From(body)
	}
	if text == "" {
		text = item.Text
	}
	f.opts.settle(item, to, text)
	item.Attachments, item.Lang = files.list, string(own.lang)
	n := strconv.FormatInt(id, 10)
	item.URL = to.URL + "/a/" + n
	if first {
		item.URL = to.URL + "/questions/" + n
		switch kind := string(own.kind); {
		case (kind == "discussion" || kind == "" && !to.takes("question")) && to.takes("discussion"):
			item.Kind = ""
		case kind == "idea" && to.takes("idea"):
			item.Kind = kind
		}
	} else if reply, ok := number(own.replyTo); ok {
		item.InReplyTo = append([]string{"a" + strconv.FormatInt(reply, 10)}, item.InReplyTo...)
	}
}

func (f *forum) siteOf() string {
	if f.linked {
		return f.site
	}
	return ""
}

var oldPost = regexp.MustCompile(`^/(?:questions|q|a)/\d+`)

// moved lets links to other posts of the dump lead to where these are now.
func (f *forum) moved(address string) string {
	rest := address
	if f.linked {
		rest = strings.TrimPrefix(address, f.site)
	}
	if oldPost.MatchString(rest) && f.opts.to.URL != "" {
		return f.opts.numbered(f.opts.to.URL + rest)
	}
	return address
}

// link states that a question asks what another had asked before: the first that a dump names, when both are in it. Other links say nothing that posts do not.
func (f *forum) link(place Place, attrs []attribute) error {
	var post, other, kind int64
	var date []byte
	for _, a := range attrs {
		switch string(a.name) {
		case "PostId":
			post, _ = number(a.value)
		case "RelatedPostId":
			other, _ = number(a.value)
		case "LinkTypeId":
			kind, _ = number(a.value)
		case "CreationDate":
			date = a.value
		}
	}
	if kind != duplicates || post == other || f.opts.Space == "" || f.same.has(post) || !f.asked.has(post) || !f.asked.has(other) {
		return nil
	}
	since, known := f.closed[post]
	if at, ok := stamp(date); !known && ok {
		since, known = at, true
	}
	if !known {
		return f.emit(refused(place, "intake.bad_date", string(date)))
	}
	f.same.add(post)
	delete(f.closed, post)
	return f.turned(place, post, since, ledger.Turned{State: "closed"}, "q"+strconv.FormatInt(other, 10))
}

// duplicates is the kind of link that says that a question was closed because another asks the same.
const duplicates = 3

// locked states which questions take no more answers for another reason, or because of a question that is not in the dump.
func (f *forum) locked() error {
	for _, question := range slices.Sorted(maps.Keys(f.closed)) {
		if err := f.turned(Place{File: "Posts.xml"}, question, f.closed[question], ledger.Turned{State: "locked"}, ""); err != nil {
			return err
		}
	}
	f.closed = nil
	return nil
}

func (f *forum) turned(place Place, question int64, at time.Time, what ledger.Turned, same string) error {
	q := "q" + strconv.FormatInt(question, 10)
	return f.emit(Row{Place: place, About: About{Post: q, External: true, Same: same}, Fact: &ledger.Activity{Kind: ledger.ThreadTurned, Actor: f.opts.Actor, Channel: f.opts.Channel, At: f.opts.moved(at),
		Key: turnedKey(f.opts.Channel, q, what.State), Data: ledger.Data(what)}})
}

// turnedKey makes what became of a thread of a dump one fact.
func turnedKey(channel, question, state string) string {
	return "turned:" + channel + ":" + question + ":" + state
}
