package mail

import (
	"strings"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/ledger"
)

// Posts is how the addresses of a mailbox look to which people write posts: one for each space and each notice. Its zero value has none.
type Posts struct{ before, after string }

const maxLocal = 64 // characters before the @ (RFC 5321, 4.5.3.1.1)

// PostsAt reads a pattern such as contact+*@example.org, whose star stands for what tells the addresses apart. "" is a pattern of none.
func PostsAt(pattern string) (Posts, bool) {
	pattern = strings.ToLower(strings.TrimSpace(pattern))
	if pattern == "" {
		return Posts{}, true
	}
	before, after, found := strings.Cut(pattern, "*")
	if !found || !strings.Contains(after, "@") || strings.Contains(after, "*") || cleanAddress(before+"x"+after) != before+"x"+after {
		return Posts{}, false
	}
	return Posts{before, after}, true
}

// PostsOf reads the pattern of a channel, which has none unless it is a mailbox that is set so.
func PostsOf(c *channel.Account) Posts {
	if c.Kind != Kind {
		return Posts{}
	}
	p, _ := PostsAt(c.Settings[fieldPosts])
	return p
}

// Address is the address with this tag, "" when there are none or it would be longer than addresses are.
func (p Posts) Address(tag string) string {
	local, _, _ := strings.Cut(p.before+tag+p.after, "@")
	if p.after == "" || tag == "" || len(local) > maxLocal {
		return ""
	}
	return p.before + tag + p.after
}

// Tags are those of the addresses among to that are formed so.
func (p Posts) Tags(to []ledger.Address) []string {
	if p.after == "" {
		return nil
	}
	var out []string
	for _, a := range to {
		tag, ok := strings.CutPrefix(addressOf(a.URI), p.before)
		if tag, ok = cutEnd(tag, p.after, ok); ok && tag != "" {
			out = append(out, tag)
		}
	}
	return out
}

func cutEnd(s, end string, so bool) (string, bool) {
	s, found := strings.CutSuffix(s, end)
	return s, so && found
}

// File is what came with a letter.
type File struct {
	Name string
	Data []byte
}

const (
	maxTaken     = 10       // files of one letter
	maxTakenSize = 11 << 20 // bytes of one; a longer one is cut, and refused for its length by whoever takes it
)

// Files takes the files out of a message: those that are attached or shown, not what is inside an enclosed message. more is how many there were
// beyond the first ten.
func Files(raw []byte) (list []File, more int, err error) {
	h, body, err := readHeader(raw)
	if err != nil {
		return nil, 0, err
	}
	w := walker{take: func(p part, name string) {
		if len(list) >= maxTaken {
			more++
			return
		}
		if name == "" {
			name = "file"
		}
		list = append(list, File{name, decodeTransfer(p, maxTakenSize)})
	}}
	err = w.walk(part{header: h, body: body}, 0, "text/plain")
	return list, more, err
}

// Match reports whether an address is one of these.
func (p Posts) Match(address string) bool {
	return p.after != "" && len(address) > len(p.before)+len(p.after) && strings.HasPrefix(address, p.before) && strings.HasSuffix(address, p.after)
}
