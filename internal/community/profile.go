package community

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/community/picture"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Profile is somebody as a reader may know them: by what they said that the reader may read, and by nothing else.
type Profile struct {
	Handle   string // as they are mentioned
	Name     string
	Member   string // id, "" for who has no account here
	About    string
	Picture  string // what stands for its content, "" for none
	Since    time.Time
	Said     int // posts that the reader may read
	Answers  int
	Accepted int
	Useful   int    // votes for what they said
	Claim    string // of what was brought: the identity it was brought under, which whoever asks may say is theirs; "" otherwise

	authors []string
}

const (
	maxSelf      = 500 // characters that somebody says of themselves
	profileSide  = 256 // pixels
	profilePosts = 25  // of a page
)

// ProfilePost is something that somebody said, and where.
type ProfilePost struct {
	Post
	Space       string
	ThreadTitle string
}

// Profile finds somebody by their handle. Who said nothing that whoever asks may read is nobody for them, but for themselves.
func (s *Service) Profile(ctx context.Context, o Sight, community, handle string) (Profile, error) {
	c, seen := o.ByID(community)
	if !seen || len(handle) > 2*maxHandle {
		return Profile{}, notFound()
	}
	q := s.db.Read()
	v, found, err := db.One(ctx, q, voiceFields, "SELECT author, handle, name FROM community_voice WHERE channel = $1 AND handle = $2", c.Channel, handle)
	if err != nil {
		return Profile{}, fmt.Errorf("find a voice: %w", err)
	}
	if !found {
		return Profile{}, notFound()
	}
	taker, err := takerOf(ctx, q, c.Channel, v.author)
	if err != nil {
		return Profile{}, err
	}
	if taker != v.author { // what was brought under it is a member's
		if v, found, err = db.One(ctx, q, voiceFields, "SELECT author, handle, name FROM community_voice WHERE channel = $1 AND author = $2", c.Channel, taker); err != nil || !found {
			return Profile{}, orNotFound(err)
		}
	}
	out := Profile{Handle: v.handle, Name: v.name, authors: []string{v.author}}
	if o.Member != "" && s.claimable(ctx, &c, v.author) {
		out.Claim = v.author
	}
	m, err := s.memberBehind(ctx, v.author)
	if err != nil && !problem.Is(err, problem.Missing) {
		return Profile{}, err
	}
	if m != nil && m.State == org.Active {
		out.Member, out.Name, out.authors = m.ID, lineOf(m.Name), []string{actorOf(m), "member:" + m.ID}
		if _, err := s.fillProfile(ctx, &out); err != nil {
			return Profile{}, err
		}
	}
	count := func(p *Profile) []any { return []any{&p.Said, &p.Answers, &p.Accepted, &p.Useful, db.At(&p.Since)} }
	n, _, err := db.One(ctx, q, count, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN p.kind = 'answer' THEN 1 ELSE 0 END), 0), COALESCE(SUM(p.accepted), 0), COALESCE(SUM(CASE WHEN p.score > 0 THEN p.score ELSE 0 END), 0), MIN(p.at)`+
		spokenBy(q), db.Texts(out.authors), db.Texts(o.Readable(community)))
	if err != nil {
		return Profile{}, fmt.Errorf("count what somebody said: %w", err)
	}
	if n.Said == 0 && (out.Member == "" || out.Member != o.Member) {
		return Profile{}, notFound()
	}
	out.Said, out.Answers, out.Accepted, out.Useful, out.Since = n.Said, n.Answers, n.Accepted, n.Useful, n.Since
	return out, nil
}

func spokenBy(q db.Q) string {
	return " FROM community_post p JOIN community_thread t ON t.id = p.thread WHERE p.author IN " + db.Among(q, "$1") + " AND p.deleted_at IS NULL AND t.deleted_at IS NULL AND t.space IN " + db.Among(q, "$2")
}

func (s *Service) fillProfile(ctx context.Context, p *Profile) (found bool, err error) {
	type row struct{ about, sum string }
	r, found, err := db.One(ctx, s.db.Read(), func(r *row) []any { return []any{&r.about, &r.sum} }, "SELECT CASE WHEN hidden_by = '' THEN about ELSE '' END, CASE WHEN hidden_by = '' THEN picture_sum ELSE '' END FROM community_profile WHERE member = $1", p.Member)
	if err != nil {
		return false, fmt.Errorf("read a profile: %w", err)
	}
	p.About, p.Picture = r.about, r.sum
	return found, nil
}

// Spoken lists what somebody said that whoever asks may read, the newest first.
func (s *Service) Spoken(ctx context.Context, o Sight, community string, p *Profile, page int) (list []ProfilePost, more bool, err error) {
	q := s.db.Read()
	list, err = db.All(ctx, q, func(x *ProfilePost) []any { return append(postFields(&x.Post), &x.Space, &x.ThreadTitle) }, "SELECT "+postColumns+", t.space, t.title"+spokenBy(q)+
		" ORDER BY p.at DESC, p.id DESC"+db.Limit(profilePosts+1)+fmt.Sprintf(" OFFSET %d", min(max(page, 0), maxPage)*profilePosts), db.Texts(p.authors), db.Texts(o.Readable(community)))
	if err != nil {
		return nil, false, fmt.Errorf("list what somebody said: %w", err)
	}
	if len(list) > profilePosts {
		return list[:profilePosts], true, nil
	}
	return list, false, nil
}

// HandleOf is how whoever wrote a post is mentioned in its community; "" for who has no name there.
func (s *Service) HandleOf(ctx context.Context, channel, author string) (string, error) {
	handle, _, err := db.Value[string](ctx, s.db.Read(), "SELECT handle FROM community_voice WHERE channel = $1 AND author = $2", channel, author)
	return handle, err
}

// Mine is the profile of whoever acts, to change it, and their handle in the community, "" before they said something.
func (s *Service) Mine(ctx context.Context, o Sight, community string) (Profile, error) {
	m, err := signedIn(ctx)
	if err != nil {
		return Profile{}, err
	}
	c, seen := o.ByID(community)
	if !seen {
		return Profile{}, notFound()
	}
	p := Profile{Member: m.ID, Name: m.Name}
	for _, author := range []string{actorOf(m), "member:" + m.ID} {
		if p.Handle == "" {
			if p.Handle, err = s.HandleOf(ctx, c.Channel, author); err != nil {
				return p, err
			}
		}
	}
	_, err = s.fillProfile(ctx, &p)
	return p, err
}

// Describe changes what whoever acts says of themselves: their name, a few words, and a picture, which is written anew; with drop the picture goes.
// It is screened as a post in the community where they do it, and refused to whoever may not write somewhere at present: a profile stands in all communities.
func (s *Service) Describe(ctx context.Context, c Community, name, about string, r io.Reader, drop bool) error {
	m, err := signedIn(ctx)
	if err != nil {
		return err
	}
	about = TextOf(about)
	if err := s.screenProfile(ctx, c, m, name, about); err != nil {
		return err
	}
	if utf8.RuneCountInString(about) > maxSelf {
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxSelf).On("about")
	}
	var shown []byte
	kind, sum := "", ""
	if r != nil {
		data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
		switch {
		case err != nil:
			return problem.New(problem.Invalid, "community.file.broken").Because(err).On("picture")
		case len(data) > MaxFile:
			return problem.New(problem.TooLarge, "community.file.large", "Most", MaxFile>>20).On("picture")
		case !picture.Known(data):
			return problem.New(problem.Invalid, "picture.kind").On("picture")
		}
		if err := s.turn(ctx); err != nil {
			return err
		}
		p, err := picture.CleanTo(bytes.NewReader(data), profileSide)
		<-s.decoding
		if err != nil {
			return problem.Of(err).On("picture")
		}
		digest := sha256.Sum256(p.Data)
		shown, kind, sum = p.Data, p.Type, hex.EncodeToString(digest[:16])
	}
	if err := s.org.ChangeProfile(ctx, org.Profile{Name: name, Lang: m.Lang, Zone: m.Zone, Theme: m.Theme}); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		// What a moderator took away does not come back by being saved again.
		if _, err := db.Exec(ctx, q, "UPDATE community_profile SET picture = NULL, picture_type = '', picture_sum = '', hidden_by = '' WHERE member = $1 AND hidden_by <> ''", m.ID); err != nil {
			return fmt.Errorf("keep a profile: %w", err)
		}
		if _, err := db.Exec(ctx, q, `INSERT INTO community_profile (member, about, changed_at) VALUES ($1, $2, $3)
			ON CONFLICT (member) DO UPDATE SET about = excluded.about, changed_at = excluded.changed_at`, m.ID, about, db.T(s.Now())); err != nil {
			return fmt.Errorf("keep a profile: %w", err)
		}
		if shown == nil && !drop {
			return nil
		}
		_, err := db.Exec(ctx, q, "UPDATE community_profile SET picture = $1, picture_type = $2, picture_sum = $3 WHERE member = $4", shown, kind, sum, m.ID)
		return err
	})
}

// screenProfile refuses what somebody may not say of themselves: under a sanction anything, else what a post would wait for.
func (s *Service) screenProfile(ctx context.Context, c Community, m *org.Member, name, about string) error {
	if staff(m) {
		return nil
	}
	bans, err := s.sanctionsOf(ctx, nil, m.ID)
	if err != nil {
		return err
	}
	for i := range bans {
		if bans[i].holds(s.Now()) {
			return bans[i].refusal(ctx)
		}
	}
	was := Profile{Member: m.ID}
	if _, err := s.fillProfile(ctx, &was); err != nil {
		return err
	}
	for _, said := range []struct{ field, was, is string }{{"name", m.Name, name}, {"about", was.About, about}} {
		if said.is == said.was || said.is == "" {
			continue
		}
		err := s.MaySay(ctx, c, m, said.is)
		if said.field == "name" && err != nil && problem.Of(err).Code == problem.Forbidden {
			continue // who is new has a name too
		}
		if err != nil {
			return problem.Of(err).On(said.field)
		}
	}
	return nil
}

// ProfilePicture is the picture of somebody, and what it is; nil for none.
func (s *Service) ProfilePicture(ctx context.Context, p *Profile) ([]byte, string, error) {
	type row struct {
		data []byte
		kind string
	}
	r, found, err := db.One(ctx, s.db.Read(), func(r *row) []any { return []any{&r.data, &r.kind} }, "SELECT picture, picture_type FROM community_profile WHERE member = $1 AND picture_sum <> '' AND hidden_by = ''", p.Member)
	if err == nil && !found {
		err = notFound()
	}
	return r.data, r.kind, err
}
