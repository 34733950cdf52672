package intake

import (
	"encoding/csv"
	"errors"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/intake/marked"
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
		return f.opts.to.URL + rest
	}
	return address
}
