package community

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// Voice is somebody who has said something in a community, as they are mentioned there.
type Voice struct {
	Handle string // after @
	Name   string
	Member string // id
}

// Limits of mentions.
const (
	mostMentions = 20 // in one post
	mostVoices   = 8  // suggested at once
	maxHandle    = 40
	soughtVoices = 40
)

type voice struct{ author, handle, name string }

func voiceFields(v *voice) []any { return []any{&v.author, &v.handle, &v.name} }

// Voices suggests who can be mentioned in a space, by what their handle or a part of it begins with. Only those are told who have said
// something where whoever asks reads it, and who can read the space themselves: nobody else is revealed.
func (s *Service) Voices(ctx context.Context, o Sight, space, begin string) ([]Voice, error) {
	sp, known := o.SpaceByID(space)
	if !known || !o.MayWrite(space) {
		return nil, notFound()
	}
	c, _ := o.ByID(sp.Community)
	if begin = slug(begin); len(begin) > maxHandle {
		begin = begin[:maxHandle]
	}
	q := s.db.Read()
	var w db.Where
	w.And("v.channel = " + w.Arg(c.Channel))
	if begin != "" {
		a, b := w.Arg(begin+"%"), w.Arg("%-"+begin+"%")
		w.And("(v.handle LIKE " + a + " OR v.handle LIKE " + b + ")")
	}
	return s.voicesAmong(ctx, q, o, &w, c.ID, space, mostVoices)
}

// voicesAmong finds members among voices: those who have spoken where o reads, and who read the space.
func (s *Service) voicesAmong(ctx context.Context, q db.Q, o Sight, w *db.Where, community, space string, most int) ([]Voice, error) {
	w.And("EXISTS (SELECT 1 FROM community_post p JOIN community_thread t ON t.id = p.thread WHERE p.author = v.author AND p.deleted_at IS NULL AND t.space IN " +
		db.Among(q, w.Arg(db.Texts(o.Readable(community)))) + ")")
	list, err := db.All(ctx, q, voiceFields, "SELECT v.author, v.handle, v.name FROM community_voice v "+w.String()+" ORDER BY v.handle"+db.Limit(soughtVoices), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("find who can be mentioned: %w", err)
	}
	var out []Voice
	for _, v := range list {
		m, err := s.memberBehind(ctx, v.author)
		if err != nil {
			return nil, err
		}
		if m == nil || m.State != org.Active || m.ID == o.Member || slices.ContainsFunc(out, func(v Voice) bool { return v.Member == m.ID }) {
			continue
		}
		theirs, err := s.Sees(org.With(ctx, m), nil)
		if err != nil {
			return nil, err
		}
		if !theirs.May(space) {
			continue
		}
		if out = append(out, Voice{Handle: v.handle, Name: v.name, Member: m.ID}); len(out) == most {
			break
		}
	}
	return out, nil
}

// memberBehind finds the member who speaks under an identity, nil for nobody.
func (s *Service) memberBehind(ctx context.Context, author string) (*org.Member, error) {
	var (
		m   *org.Member
		err error
	)
	if email, mail := strings.CutPrefix(author, "mailto:"); mail {
		m, err = s.org.ByEmail(ctx, email)
	} else if id, ours := strings.CutPrefix(author, "member:"); ours {
		m, err = s.org.Find(ctx, id)
	}
	if err != nil {
		return nil, fmt.Errorf("find the member behind a post: %w", err)
	}
	return m, nil
}

// named are the members whom a text names by handles that whoever writes it could have been suggested.
func (s *Service) named(ctx context.Context, w *speaker, handles []string) ([]ledger.Mention, error) {
	if len(handles) == 0 {
		return nil, nil
	}
	handles = handles[:min(len(handles), mostMentions)]
	q := s.db.Read()
	var where db.Where
	where.And("v.channel = " + where.Arg(w.community.Channel))
	where.And("v.handle IN " + db.Among(q, where.Arg(db.Texts(handles))))
	list, err := s.voicesAmong(ctx, q, w.sight, &where, w.community.ID, w.space.ID, mostMentions)
	if err != nil {
		return nil, err
	}
	var out []ledger.Mention
	for _, v := range list {
		out = append(out, ledger.Mention{Handle: v.Handle, Member: v.Member})
	}
	return out, nil
}

// resolved tells markup which handles reach somebody, and where their page is by what never changes; the others are plain text.
func resolved(channel string, said *ledger.Said) func(handle string) (string, bool) {
	return func(handle string) (string, bool) {
		path := ""
		if channel != "" {
			path = "/who/" + channel + "/" + handle
		}
		return path, slices.ContainsFunc(said.Mentions, func(m ledger.Mention) bool { return m.Handle == handle })
	}
}

// deriveVoice gives whoever speaks in a community for the first time a handle made of their name, with a number when another has it.
func deriveVoice(ctx context.Context, q db.Q, a *ledger.Activity, said *ledger.Said) error {
	name := said.AuthorName
	if name == "" {
		return nil
	}
	have, found, err := db.One(ctx, q, voiceFields, "SELECT author, handle, name FROM community_voice WHERE channel = $1 AND author = $2", a.Channel, a.Actor)
	if err != nil {
		return fmt.Errorf("find a voice: %w", err)
	}
	if found {
		if have.name == name {
			return nil
		}
		if _, err := db.Exec(ctx, q, "UPDATE community_voice SET name = $1 WHERE channel = $2 AND author = $3", name, a.Channel, a.Actor); err != nil {
			return err
		}
		return deriveName(ctx, q, a.Channel, a.Actor, name, true)
	}
	base := slug(name)
	if len(base) > maxHandle {
		base = strings.Trim(base[:maxHandle], "-")
	}
	if base == "" {
		base = "member"
	}
	handle, err := freeHandle(base, func(handle string) (bool, error) {
		_, found, err := db.Value[int](ctx, q, "SELECT 1 FROM community_voice WHERE channel = $1 AND handle = $2", a.Channel, handle)
		return found, err
	})
	if err != nil {
		return fmt.Errorf("find a handle: %w", err)
	}
	if _, err := db.Exec(ctx, q, "INSERT INTO community_voice (channel, author, handle, name) VALUES ($1, $2, $3, $4)", a.Channel, a.Actor, handle, name); err != nil {
		return fmt.Errorf("keep a handle: %w", err)
	}
	return deriveName(ctx, q, a.Channel, a.Actor, name, false)
}

// freeHandle is base or, when another has it, base with a number from 2 whose predecessor is taken. It asks a logarithm of the number times: in a community of a hundred
// thousand very many have one name, or one that no letters of a handle can be made of.
func freeHandle(base string, taken func(handle string) (bool, error)) (string, error) {
	try := func(n int) (string, bool, error) {
		handle := base
		if n > 1 {
			handle += "-" + strconv.Itoa(n)
		}
		found, err := taken(handle)
		return handle, found, err
	}
	handle, found, err := try(1)
	last := 1 // taken
	for n := 2; found && err == nil; n *= 2 {
		if handle, found, err = try(n); found {
			last = n
			continue
		}
		for free := n; err == nil && free-last > 1; {
			middle := (last + free) / 2
			var h string
			if h, found, err = try(middle); found {
				last = middle
			} else {
				handle, free = h, middle
			}
		}
		break
	}
	return handle, err
}

// deriveMentions notes whom a post names; said anew, it names whom it names now.
func deriveMentions(ctx context.Context, q db.Q, post string, said *ledger.Said, anew bool) error {
	if anew {
		if _, err := db.Exec(ctx, q, "DELETE FROM community_mention WHERE post = $1", post); err != nil {
			return fmt.Errorf("forget mentions: %w", err)
		}
	}
	for _, m := range said.Mentions {
		if _, err := db.Exec(ctx, q, "INSERT INTO community_mention (post, member) VALUES ($1, $2) ON CONFLICT DO NOTHING", post, m.Member); err != nil {
			return fmt.Errorf("note a mention: %w", err)
		}
	}
	return nil
}
