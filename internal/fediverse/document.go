package fediverse

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/fediverse/wire"
	"github.com/entente/entente/internal/problem"
)

// Document is what is answered to who asks for a page as the fediverse reads it.
type Document map[string]any

// Moved says that a document is elsewhere.
type Moved struct{ To string }

func (m *Moved) Error() string { return "the document is at " + m.To }

// with adds the vocabulary.
func (d Document) with() Document {
	d["@context"] = []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", map[string]any{"sensitive": "as:sensitive", "Hashtag": "as:Hashtag",
		"lemmy": "https://join-lemmy.org/ns#", "postingRestrictedToMods": "lemmy:postingRestrictedToMods"}}
	return d
}

// base is the address of a community without a slash at its end.
func (s *Service) base(ctx context.Context, c community.Community) string {
	return strings.TrimRight(s.community.URL(ctx, c), "/")
}

// GroupID is the address of a community as an actor.
func (s *Service) GroupID(ctx context.Context, c community.Community) string {
	base := s.base(ctx, c)
	if u, err := url.Parse(base); err == nil && u.Path == "" {
		return base + "/"
	}
	return base
}

func (s *Service) personID(ctx context.Context, c community.Community, handle string) string {
	return s.base(ctx, c) + "/fediverse/people/" + handle
}

func (s *Service) postID(ctx context.Context, c community.Community, post string) string {
	return s.base(ctx, c) + "/p/" + post
}

func (s *Service) eventID(ctx context.Context, c community.Community, event string) string {
	return s.base(ctx, c) + "/fediverse/activities/" + event
}

func (s *Service) followersID(ctx context.Context, c community.Community) string {
	return s.base(ctx, c) + "/fediverse/followers"
}

// host is where a community is, as handles have it.
func (s *Service) host(ctx context.Context, c community.Community) string {
	return wire.Host(s.base(ctx, c))
}

// Handle is the name under which a community is followed: name@host.
func (s *Service) Handle(ctx context.Context, c community.Community) string {
	return c.Slug + "@" + s.host(ctx, c)
}

// Group is a community as an actor.
func (s *Service) Group(ctx context.Context, communityID string) (Document, error) {
	p, c, err := s.live(ctx, communityID)
	if err != nil {
		return nil, err
	}
	id, base := s.GroupID(ctx, c), s.base(ctx, c)
	lang := ""
	if len(c.Langs) > 0 {
		lang = c.Langs[0]
	}
	d := s.door(ctx, c, p, id)
	d["type"], d["preferredUsername"], d["name"], d["summary"] = "Group", c.Slug, c.Called(lang), escapeHTML(c.About.In(lang, c.Langs...))
	d["url"], d["outbox"], d["followers"], d["following"] = base, base+"/fediverse/outbox", s.followersID(ctx, c), base+"/fediverse/following"
	d["published"], d["manuallyApprovesFollowers"], d["postingRestrictedToMods"] = c.CreatedAt.UTC().Format(time.RFC3339), false, p.Space == ""
	if logo, _, err := s.community.Adornments(ctx, c.ID); err == nil && logo.ID != "" {
		d["icon"] = Document{"type": "Image", "mediaType": logo.Type, "url": s.absolute(ctx, c, logo.Path())}
	}
	return d.with(), nil
}

// door is where an actor of ours is reached and by which key they speak.
func (s *Service) door(ctx context.Context, c community.Community, p Place, id string) Document {
	base := s.base(ctx, c)
	shared := base
	if u, err := url.Parse(base); err == nil {
		shared = u.Scheme + "://" + u.Host
	}
	return Document{"id": id, "inbox": base + "/fediverse/inbox", "endpoints": Document{"sharedInbox": shared + "/fediverse/inbox"},
		"publicKey": Document{"id": id + "#main-key", "owner": id, "publicKeyPem": p.PublicKey}}
}

// Person is a member as an actor: what everybody reads of them in the community. Of those who keep their posts here only the key stands, by which others see
// that what went out before is asked back.
func (s *Service) Person(ctx context.Context, communityID, handle string) (Document, error) {
	p, c, err := s.live(ctx, communityID)
	if err != nil {
		return nil, err
	}
	v, found, err := s.community.SpeakerBy(ctx, c, handle)
	if err != nil {
		return nil, err
	}
	refused, err := s.refused(ctx)
	if err != nil {
		return nil, err
	}
	if !found || v.Member == "" {
		return nil, notFound()
	}
	id := s.personID(ctx, c, v.Handle)
	d := s.door(ctx, c, p, id)
	d["type"], d["preferredUsername"], d["url"] = "Person", v.Handle+"."+c.Slug, s.base(ctx, c)
	d["outbox"], d["followers"] = id+"/outbox", id+"/followers"
	d["manuallyApprovesFollowers"], d["discoverable"], d["indexable"] = true, false, false
	if !refused[v.Member] {
		d["name"] = v.Name
	}
	return d.with(), nil
}

// speaks finds a member whose posts go out, by their handle.
func (s *Service) speaks(ctx context.Context, c community.Community, handle string) (community.Voice, error) {
	v, found, err := s.community.SpeakerBy(ctx, c, handle)
	if err != nil {
		return v, err
	}
	if !found || v.Member == "" {
		return v, notFound()
	}
	refused, err := s.refused(ctx)
	if err != nil {
		return v, err
	}
	if refused[v.Member] {
		return v, notFound()
	}
	return v, nil
}

// Object is a post as the fediverse reads it: one that everybody may read, of a member who does not mind. Of what a guest said, it says where it is.
func (s *Service) Object(ctx context.Context, communityID, post string) (Document, error) {
	_, c, err := s.live(ctx, communityID)
	if err != nil {
		return nil, err
	}
	d, _, err := s.object(ctx, c, post)
	if err != nil {
		return nil, err
	}
	return d.with(), nil
}

// object is a post and the handle of who said it.
func (s *Service) object(ctx context.Context, c community.Community, post string) (Document, string, error) {
	o, err := s.community.Sees(stranger(ctx), nil)
	if err != nil {
		return nil, "", err
	}
	p, t, err := s.community.Post(ctx, o, c.ID, post)
	if err != nil {
		return nil, "", err
	}
	if strings.HasPrefix(p.Author, "acct:") {
		if to := wire.Address(p.ExternalID); to != "" {
			return nil, "", &Moved{to}
		}
		return nil, "", notFound()
	}
	if !p.DeletedAt.IsZero() {
		return Document{"id": s.postID(ctx, c, p.ID), "type": "Tombstone", "deleted": p.DeletedAt.UTC().Format(time.RFC3339)}, "", nil
	}
	v, found, err := s.community.Speaker(ctx, c, p.Author)
	if err != nil {
		return nil, "", err
	}
	if !found {
		return nil, "", notFound()
	}
	if _, err := s.speaks(ctx, c, v.Handle); err != nil {
		return nil, "", err
	}
	d, err := s.note(ctx, c, o, &p, &t, v)
	return d, v.Handle, err
}

func (s *Service) note(ctx context.Context, c community.Community, o community.Sight, p *community.Post, t *community.Thread, v community.Voice) (Document, error) {
	group := s.GroupID(ctx, c)
	d := Document{"id": s.postID(ctx, c, p.ID), "type": "Note", "attributedTo": s.personID(ctx, c, v.Handle), "audience": group, "to": []string{wire.Public},
		"content": s.outward(ctx, c, p.HTML), "mediaType": "text/html", "published": p.At.UTC().Format(time.RFC3339), "url": s.base(ctx, c) + "/p/" + p.ID, "sensitive": false}
	cc := []string{group, s.followersID(ctx, c)}
	if p.Markup != "" {
		d["source"] = Document{"content": p.Markup, "mediaType": "text/markdown"}
	}
	if !p.EditedAt.IsZero() {
		d["updated"] = p.EditedAt.UTC().Format(time.RFC3339)
	}
	var tags []Document
	if p.ID == t.ID {
		d["type"], d["name"], d["url"] = "Page", t.Title, s.base(ctx, c)+t.Path()
		for _, tag := range t.Tags {
			if name := strings.ReplaceAll(tag, " ", ""); name != "" {
				tags = append(tags, Document{"type": "Hashtag", "name": "#" + name, "href": s.base(ctx, c) + "/search?q=" + url.QueryEscape("tag:"+tag)})
			}
		}
	} else {
		above, _, err := s.community.Post(ctx, o, c.ID, p.Parent)
		if err != nil && !problem.Is(err, problem.Missing) {
			return nil, err
		}
		d["inReplyTo"] = s.postID(ctx, c, p.Parent)
		if strings.HasPrefix(above.Author, "acct:") {
			d["inReplyTo"] = above.ExternalID
			if a, found, err := s.known(ctx, "handle", strings.TrimPrefix(above.Author, "acct:")); err != nil {
				return nil, err
			} else if found {
				tags = append(tags, Document{"type": "Mention", "href": a.URI, "name": "@" + a.Handle})
				cc = append(cc, a.URI)
			}
		}
	}
	if len(tags) > 0 {
		d["tag"] = tags
	}
	d["cc"] = cc
	return d, nil
}

// outward is HTML of ours whose addresses hold anywhere.
func (s *Service) outward(ctx context.Context, c community.Community, html string) string {
	at := s.absolute(ctx, c, "/")
	return strings.NewReplacer(`src="/`, `src="`+at, `href="/`, `href="`+at).Replace(html)
}

// absolute is a path of this site in the world.
func (s *Service) absolute(ctx context.Context, c community.Community, path string) string {
	u, err := url.Parse(s.base(ctx, c))
	if err != nil {
		return path
	}
	return u.Scheme + "://" + u.Host + path
}

func escapeHTML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// outboxed is how many threads an outbox tells.
const outboxed = 20

// Outbox is what a community announced last: its newest threads.
func (s *Service) Outbox(ctx context.Context, communityID string) (Document, error) {
	_, c, err := s.live(ctx, communityID)
	if err != nil {
		return nil, err
	}
	o, err := s.community.Sees(stranger(ctx), nil)
	if err != nil {
		return nil, err
	}
	list, err := s.community.Threads(ctx, o, community.Query{Community: c.ID, Order: community.Newest})
	if err != nil {
		return nil, err
	}
	items := []any{}
	for i := range list.Threads {
		d, _, err := s.object(ctx, c, list.Threads[i].ID)
		moved, elsewhere := err.(*Moved)
		if problem.Is(err, problem.Missing) {
			continue
		}
		var object any = d["id"]
		switch {
		case elsewhere:
			object = moved.To
		case err != nil:
			return nil, err
		}
		items = append(items, Document{"id": s.eventID(ctx, c, list.Threads[i].ID+"-announce"), "type": "Announce", "actor": s.GroupID(ctx, c), "object": object,
			"to": []string{wire.Public}, "cc": []string{s.followersID(ctx, c)}, "published": list.Threads[i].At.UTC().Format(time.RFC3339)})
		if len(items) == outboxed {
			break
		}
	}
	return Document{"id": s.base(ctx, c) + "/fediverse/outbox", "type": "OrderedCollection", "totalItems": len(items), "orderedItems": items}.with(), nil
}

// Followers is how many follow a community; who they are is nobody's business.
func (s *Service) Followers(ctx context.Context, communityID string) (Document, error) {
	_, c, err := s.live(ctx, communityID)
	if err != nil {
		return nil, err
	}
	n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM fediverse_follower WHERE community = $1", c.ID)
	if err != nil {
		return nil, err
	}
	return Document{"id": s.followersID(ctx, c), "type": "OrderedCollection", "totalItems": n}.with(), nil
}

// Nothing is a collection without anything in it, such as whom a community follows.
func (s *Service) Nothing(ctx context.Context, communityID, path string) (Document, error) {
	_, c, err := s.live(ctx, communityID)
	if err != nil {
		return nil, err
	}
	return Document{"id": s.base(ctx, c) + path, "type": "OrderedCollection", "totalItems": 0}.with(), nil
}

// Event is what was said, by its id, as it went out.
func (s *Service) Event(ctx context.Context, communityID, event string) (string, error) {
	_, c, err := s.live(ctx, communityID)
	if err != nil {
		return "", err
	}
	type said struct{ body, post string }
	e, found, err := db.One(ctx, s.db.Read(), func(e *said) []any { return []any{&e.body, &e.post} },
		"SELECT body, post FROM fediverse_event WHERE id = $1 AND community = $2 AND kind NOT IN ('accept', 'reject', 'flag')", event, c.ID)
	if err != nil || !found {
		return "", orMissing(err)
	}
	if open, err := s.open(ctx, c, e.post, e.body); err != nil || !open {
		return "", orMissing(err)
	}
	return e.body, nil
}

// open reports whether what carries the words of a post may still be given to everybody; post is "" when it carries none.
func (s *Service) open(ctx context.Context, c community.Community, post, body string) (bool, error) {
	if post == "" {
		return true, nil
	}
	if body == "" {
		return false, nil
	}
	_, handle, err := s.object(ctx, c, post)
	if moved := new(Moved); errors.As(err, &moved) || problem.Is(err, problem.Missing) {
		return false, nil
	}
	return err == nil && handle != "", err
}

// Finger answers RFC 7033: who is behind name@host, or behind an address of ours. host is the one that was asked.
func (s *Service) Finger(ctx context.Context, resource, host string) (Document, error) {
	list, err := s.lively(ctx)
	if err != nil {
		return nil, err
	}
	name, at := "", ""
	if rest, ok := strings.CutPrefix(resource, "acct:"); ok {
		name, at, _ = strings.Cut(strings.TrimPrefix(rest, "@"), "@")
		name, at = strings.ToLower(name), strings.ToLower(at)
	}
	for _, c := range list {
		if !strings.EqualFold(s.host(ctx, c), host) {
			continue
		}
		id := ""
		handle, of, person := "", "", false
		if i := strings.LastIndexByte(name, '.'); i > 0 {
			handle, of, person = name[:i], name[i+1:], true
		}
		switch group := s.GroupID(ctx, c); {
		case at != "" && at != strings.ToLower(host):
		case name == c.Slug && name != "", resource == group, resource == strings.TrimRight(group, "/"):
			id, name = group, c.Slug
		case person && of == c.Slug:
			v, err := s.speaks(ctx, c, handle)
			if err != nil {
				return nil, err
			}
			id = s.personID(ctx, c, v.Handle)
		default:
			if handle, ok := strings.CutPrefix(resource, s.personID(ctx, c, "")); ok {
				v, err := s.speaks(ctx, c, handle)
				if err != nil {
					return nil, err
				}
				id, name = s.personID(ctx, c, v.Handle), v.Handle+"."+c.Slug
			}
		}
		if id != "" {
			return Document{"subject": "acct:" + name + "@" + s.host(ctx, c), "aliases": []string{id}, "links": []Document{
				{"rel": "self", "type": "application/activity+json", "href": id},
				{"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": s.base(ctx, c)}}}, nil
		}
	}
	return nil, notFound()
}

// NodeInfo says what this installation is, when anything of it is in the fediverse. See nodeinfo.diaspora.software.
func (s *Service) NodeInfo(ctx context.Context) (Document, error) {
	list, err := s.lively(ctx)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, notFound()
	}
	return Document{"version": "2.1", "software": Document{"name": "entente", "version": "0"}, "protocols": []string{"activitypub"},
		"services": Document{"inbound": []string{}, "outbound": []string{}}, "openRegistrations": false, "usage": Document{"users": Document{"total": len(list)}}, "metadata": Document{}}, nil
}

// AtHome is this installation, or one of its communities, as addresses have it: the scheme and host that answered.
func (s *Service) AtHome(ctx context.Context, host string) string {
	return s.main(ctx).Scheme + "://" + host
}
