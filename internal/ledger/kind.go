package ledger

import (
	"encoding/json"
	"time"
)

// The kinds of activity. A kind names what was done and to what; its data is the type beside it.
const (
	PostSaid         = "post.said"         // Said; object: the post, which has the id of the activity that first stated it
	PostEdited       = "post.edited"       // Said; object: the post
	PostDeleted      = "post.deleted"      // object: the post; its text is blanked
	PostLabelled     = "post.labelled"     // Label; object: the post
	VoteCast         = "vote.cast"         // Vote; object: the post
	AnswerPicked     = "answer.picked"     // Picked; object: the question
	PostCarried      = "post.carried"      // Carried; object: the post, which went out a second way: what answers it there belongs to its thread
	PostHidden       = "post.hidden"       // object: a post of a community, which a moderator does not let others see for now
	PostShown        = "post.shown"        // object: a post that was hidden
	ThreadTurned     = "thread.turned"     // Turned; object: the first post of a thread of a community
	ReactionSet      = "reaction.set"      // Reaction; object: the post; actor: who reacts
	PollAnswered     = "poll.answered"     // Ballot; object: the post with the poll; actor: who votes
	IdeaJudged       = "idea.judged"       // Judged; object: the idea, which is the first post of its thread
	IdeaMerged       = "idea.merged"       // Joined; object: the idea that is taken into another, or out of it again
	EventSet         = "event.set"         // Event; object: the event, which is the first post of its thread
	ChallengeSet     = "challenge.set"     // Challenge; object: the challenge, which has the id of the activity that first stated it
	ChallengeEntered = "challenge.entered" // Entered; object: the idea
	ChallengeScored  = "challenge.scored"  // Scored; object: the challenge; actor: the juror
	MemberThanked    = "member.thanked"    // Thanks; actor: who thanks
	RecognitionSet   = "recognition.set"   // MeritRules; object: recognition
	EventJoined      = "event.joined"      // Seat; object: the event; actor: who enrols, or does not come after all

	ArticleWritten = "article.written" // Written; object: the article, which has the id of the activity that first stated it
	ArticleTurned  = "article.turned"  // ArticleState; object: the article
	ArticleHelped  = "article.helped"  // Helped; object: the article; actor: the reader, visitor:… for one who has not signed in

	AuthorClaimed = "author.claimed" // Claimed; object: the community's channel; actor: who confirmed it

	// What is said in a group of a community that others do not know of is no post: nobody listens there.
	GroupSaid    = "group.said"    // Said; object: the post, which has the id of the activity
	GroupEdited  = "group.edited"  // Said; object: the post
	GroupDeleted = "group.deleted" // object: the post

	ConversationTaken    = "conversation.taken"    // object: the conversation; actor: member:ID
	ConversationAssigned = "conversation.assigned" // Assigned
	ConversationReleased = "conversation.released" // Released, or nothing
	ConversationNoted    = "conversation.noted"    // Noted
	ConversationResolved = "conversation.resolved"
	ConversationReopened = "conversation.reopened"
	ConversationOpened   = "conversation.opened"   // Opened: by hand, from a post
	ConversationRanked   = "conversation.ranked"   // Ranked
	ConversationTagged   = "conversation.tagged"   // Tagged
	ConversationLinked   = "conversation.linked"   // Linked: parts of one matter
	ConversationUnlinked = "conversation.unlinked" // Linked
	ConversationMerged   = "conversation.merged"   // MergedThreads; object: the conversation that goes into another
	ConversationSplit    = "conversation.split"    // Split; object: the conversation that the posts leave
	ServicePromised      = "service.promised"      // Promised: until when whom we answer, from now on

	ConversationPassed    = "conversation.passed"    // Passed; actor: who does not want it
	ConversationEscalated = "conversation.escalated" // Escalated

	PersonAdded      = "person.added"      // Person; object: the person, which has the id of the activity
	PersonDescribed  = "person.described"  // Person; object: the person
	IdentityLinked   = "identity.linked"   // Identity; object: the person
	IdentityUnlinked = "identity.unlinked" // Identity; object: the person
	PersonMerged     = "person.merged"     // Merged; object: the person kept
	PersonUnmerged   = "person.unmerged"   // Unmerged; object: the person kept
	PersonConsented  = "person.consented"  // Consent; object: the person, "" where an address alone is known

	OrderPlaced = "order.placed" // Order; amount and currency; actor: the buyer's identity
)

// Said is what a channel tells of a post. Text is plain text; Markup is there only for what was written in a community of ours.
type Said struct {
	ExternalID   string       `json:"external_id"`            // unique within the channel
	Kind         string       `json:"kind,omitempty"`         // article, mail, question, answer, comment, idea, review; "" is a plain post
	AuthorName   string       `json:"author_name,omitempty"`  // as shown there; the identity is the activity's actor
	Title        string       `json:"title,omitempty"`        // or subject
	Text         string       `json:"text"`                   // what this author says here, quotes of others removed
	Quoted       string       `json:"quoted,omitempty"`       // what was removed
	Markup       string       `json:"markup,omitempty"`       // the Markdown that Text is the words of, as it was written
	Space        string       `json:"space,omitempty"`        // of a community: where a thread begins
	URL          string       `json:"url,omitempty"`          // where people can see it
	Lang         string       `json:"lang,omitempty"`         // as the channel says; a hint
	InReplyTo    []string     `json:"in_reply_to,omitempty"`  // external ids, nearest first
	Direct       bool         `json:"direct,omitempty"`       // said to us, not merely within earshot
	Private      bool         `json:"private,omitempty"`      // seen by us and the author only
	Ours         bool         `json:"ours,omitempty"`         // said in our name
	Member       string       `json:"member,omitempty"`       // the member who said it in our name, when known
	To           []Address    `json:"to,omitempty"`           // whom it was said to, beside us
	Automatic    string       `json:"automatic,omitempty"`    // reply, bounce or bulk: said by a machine
	Bounced      []string     `json:"bounced,omitempty"`      // identities that could not be reached
	Proof        *Proof       `json:"proof,omitempty"`        // of the sender of a mail; nil where our mail server is not asked
	Tags         []string     `json:"tags,omitempty"`         // as tagged there
	Score        int          `json:"score,omitempty"`        // votes there when it was read
	Followers    int          `json:"followers,omitempty"`    // of the author there, when it was read
	In           string       `json:"in,omitempty"`           // id and name of the community or place it was said in, with a space between
	Attachments  []Attachment `json:"attachments,omitempty"`  // what came with it; the bytes are kept in a community and at contact points
	Mentions     []Mention    `json:"mentions,omitempty"`     // members named in a post of a community
	Poll         *Poll        `json:"poll,omitempty"`         // asked with the first post of a thread of a community
	Event        *Event       `json:"event,omitempty"`        // when and where an event of a community is that the post announces
	Inbox        bool         `json:"inbox,omitempty"`        // somebody should handle it, by what the channel was set to at that time
	Dated        bool         `json:"dated_by_us,omitempty"`  // the channel gave no usable date: At is when we learned it
	Conversation string       `json:"conversation,omitempty"` // the conversation it answers, when said from here
	As           string       `json:"as,omitempty"`           // the name it is shown under in a community, where that is not the author's
	Editor       string       `json:"editor,omitempty"`       // of an edit in a community: the name of who made it, where that is not the author
	Helper       string       `json:"helper,omitempty"`       // the identity whose words these are, where the actor passes them on for somebody
	Was          string       `json:"was,omitempty"`          // of what was brought into a community: its address before, as path and query, or as host and number
}

// Carried says under which id a post of ours went out through the channel of the activity as well.
type Carried struct {
	ExternalID string `json:"external_id"`
}

// Proof is what our mail server found of where a mail comes from (RFC 8601).
type Proof struct {
	By       string `json:"by"`                  // what the server calls itself
	SPF      string `json:"spf,omitempty"`       // pass, fail …; "" when it did not say
	DKIM     string `json:"dkim,omitempty"`      // the best of several signatures
	DMARC    string `json:"dmarc,omitempty"`     //
	Aligned  bool   `json:"aligned,omitempty"`   // SPF, DKIM or DMARC holds for the domain of whoever the mail says it is from
	SignedIn bool   `json:"signed_in,omitempty"` // whoever sent it had signed in at the server
}

// Address is somebody and the name they go by.
type Address struct {
	URI  string `json:"uri"`
	Name string `json:"name,omitempty"`
}

// Attachment describes a file.
type Attachment struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty"`
	Size int64  `json:"size,omitempty"` // bytes
	File string `json:"file,omitempty"` // the file kept here: its id in a community, or contact/ and its id
}

// Mention is a member named in a post, by the handle it was written with.
type Mention struct {
	Handle string `json:"handle"`
	Member string `json:"member"` // id
}

// Poll is a question with choices, of which people take one or several.
type Poll struct {
	Choices []string  `json:"choices"`
	Several bool      `json:"several,omitempty"`
	EndsAt  time.Time `json:"ends_at,omitzero"` // zero for never
}

// Event says when and where people of a community meet; it replaces what was said before.
type Event struct {
	StartsAt  time.Time `json:"starts_at"`
	EndsAt    time.Time `json:"ends_at"`
	Zone      string    `json:"zone"` // in which its times are said, by its name in the IANA list
	Place     string    `json:"place,omitempty"`
	Link      string    `json:"link,omitempty"`  // where it is on the web; for those who enrolled
	Seats     int       `json:"seats,omitempty"` // 0 for no limit
	Cancelled bool      `json:"cancelled,omitempty"`

	Often string      `json:"often,omitempty"` // week, fortnight, month: it takes place again
	More  []time.Time `json:"more,omitempty"`  // when it begins on each of the further dates; it lasts as long
	Date  int         `json:"date,omitempty"`  // of a change: the date that StartsAt is of, counted from 0; those after it change too
	Only  bool        `json:"only,omitempty"`  // of a change: they do not

	Reason string `json:"reason,omitempty"` // of the change
	By     string `json:"by,omitempty"`     // the name of who changed it, as shown then
}

// Seat says that somebody comes to an event, or not any more. Who gets a seat and who waits follows from the order of the ledger.
type Seat struct {
	In   bool   `json:"in"`
	Date int    `json:"date,omitempty"` // of an event that repeats, counted from 0
	Name string `json:"name,omitempty"` // as shown then
}

// Challenge is a call for ideas in a space of a community; it replaces what was said of it before.
type Challenge struct {
	Space      string      `json:"space"`
	Title      string      `json:"title"`
	Markup     string      `json:"markup"` // Markdown
	AuthorName string      `json:"author_name,omitempty"`
	StartsAt   time.Time   `json:"starts_at"`
	EndsAt     time.Time   `json:"ends_at"`   // until when ideas are entered
	JudgedAt   time.Time   `json:"judged_at"` // until when the jury scores them, and from when all see the result
	Criteria   []Criterion `json:"criteria"`
	Jury       []Address   `json:"jury"`
	Moved      bool        `json:"moved,omitempty"` // its dates or criteria are others than before: who takes part is told
}

// Criterion is what a jury judges by.
type Criterion struct {
	Name   string `json:"name"`
	Weight int    `json:"weight"`
}

// Entered names the challenge that an idea was entered for.
type Entered struct {
	Challenge string `json:"challenge"`
}

// Scored is what a juror gives an idea on each criterion, and why.
type Scored struct {
	Idea   string `json:"idea"`
	Scores []int  `json:"scores"` // 1 to 5, in the order of the criteria
	Words  string `json:"words"`
}

// Thanks is thanks in words between members of a community.
type Thanks struct {
	To    string `json:"to"`             // the identity of who is thanked
	Name  string `json:"name,omitempty"` // of who thanks, as shown then
	Words string `json:"words,omitempty"`
	Back  string `json:"back,omitempty"` // instead: the id of thanks that are taken back
}

// Ballot is what somebody takes in a poll; it replaces what they took before.
type Ballot struct {
	Choices []int `json:"choices"` // from 0; none takes the ballot back
}

// Reaction is what somebody shows on a post, or no more.
type Reaction struct {
	Reaction string `json:"reaction"` // thanks, agree, smile, cheer, wonder
	On       bool   `json:"on"`
}

// Label is what a person says a post is.
type Label struct {
	Label string `json:"label"` // sentiment
	Value string `json:"value"` // negative, neutral, positive; "" takes the label back
}

// Vote is one vote on a post.
type Vote struct {
	Value int    `json:"value"`        // what it adds to the score: +1 or -1; a vote taken back adds the opposite, one turned round +2 or -2
	By    string `json:"by,omitempty"` // the member who noted it for the actor, when it was not the actor
}

// Judged says what becomes of an idea, and why.
type Judged struct {
	Status     string `json:"status"` // open, review, planned, started, done, declined
	Reason     string `json:"reason"`
	By         string `json:"by,omitempty"`         // the name of who decided, as shown then
	Initiative string `json:"initiative,omitempty"` // that was made of it
}

// MeritRules are what merits are worth from the month on in which they are stated, by kind, the caps and the levels, and what badges are given for.
type MeritRules struct {
	Points   map[string]int `json:"points"`
	Day      int            `json:"day"`
	Pair     int            `json:"pair"`
	Returned int            `json:"returned"`
	Mutual   int            `json:"mutual"`
	Levels   []int          `json:"levels"`
	Badges   []MeritBadge   `json:"badges,omitempty"`  // those that are not there are as the program has them
	By       string         `json:"by,omitempty"`      // the name of who changed them
	General  bool           `json:"general,omitempty"` // of a community: it goes by the rules of all again
}

// MeritBadge is a badge as owners changed it: given for so many merits of a kind, from so many people; with One, for one and the same thing.
type MeritBadge struct {
	ID     string            `json:"id"`
	Off    bool              `json:"off,omitempty"`
	Name   map[string]string `json:"name,omitempty"` // by language; without one it has the name that it comes with
	Kind   string            `json:"kind"`
	Times  int               `json:"times"`
	People int               `json:"people"`
	One    bool              `json:"one,omitempty"`
}

// Joined names the idea that another was taken into; its votes count there. "" takes it out again.
type Joined struct {
	Into   string `json:"into"`
	Reason string `json:"reason,omitempty"`
	By     string `json:"by,omitempty"` // the name of who decided
}

// Written is a version of an article of a community.
type Written struct {
	Space           string   `json:"space"`
	Kind            string   `json:"kind"` // guide, practice, opinion, research
	Title           string   `json:"title"`
	Markup          string   `json:"markup"` // Markdown
	Lang            string   `json:"lang"`
	Version         int      `json:"version"`                    // from 1
	AuthorName      string   `json:"author_name,omitempty"`      // as shown then
	Original        string   `json:"original,omitempty"`         // the article it is a translation of
	OriginalVersion int      `json:"original_version,omitempty"` // the version of it that was translated
	Thread          string   `json:"thread,omitempty"`           // that it was made of
	Credits         []string `json:"credits,omitempty"`          // names of those who said it there
	Months          int      `json:"months,omitempty"`           // after which it is to be looked at again
	Conversation    string   `json:"conversation,omitempty"`     // of the inbox, whose answers it was made of; for staff only
	Products        []string `json:"products,omitempty"`         // that it is about, as orders name them
	Was             string   `json:"was,omitempty"`              // of one that was brought: its address before, as path and query
	Files           []string `json:"files,omitempty"`            // that it shows: whoever wrote it brought them, or they were shown to its readers before
}

// Claimed says that what an identity said elsewhere, before it was brought into a community, is a member's; or, with As "", that it is not after all.
type Claimed struct {
	Author string `json:"author"`         // the identity under which it was brought
	As     string `json:"as,omitempty"`   // that under which the member speaks
	Name   string `json:"name,omitempty"` // of the member, as shown then
}

// ArticleState says what was made of a version of an article.
type ArticleState struct {
	State   string `json:"state"` // draft, review, approved, withdrawn; confirmed: still right
	Version int    `json:"version"`
	Words   string `json:"words,omitempty"`
	By      string `json:"by,omitempty"` // the name of who did, as shown then
}

// Helped is whether an article helped a reader; the last word of each counts.
type Helped struct {
	Helped bool   `json:"helped"`
	Reason string `json:"reason,omitempty"`
}

// Turned says what was done with a thread of a community.
type Turned struct {
	State string   `json:"state"`           // pinned, unpinned, locked, unlocked, closed, reopened, moved, split, merged
	To    string   `json:"to,omitempty"`    // the thread that says the same (closed), the space (moved), the thread it went into (merged)
	Posts []string `json:"posts,omitempty"` // those that are a thread of their own from now on, the first leading it (split)
	Title string   `json:"title,omitempty"` // of that thread
}

// Picked says which answer solved a question.
type Picked struct {
	Answer string `json:"answer"`           // the external id of the answer, in the same channel; "" takes it back
	Office bool   `json:"office,omitempty"` // by who looks after the space, of a question of somebody else
}

// Assigned says to whom a conversation was given.
type Assigned struct {
	To    string `json:"to"`               // member id
	ByWay string `json:"by_way,omitempty"` // routing: no member did it
}

// Released says why a conversation was given back when nobody did it.
type Released struct {
	Why  string `json:"why,omitempty"`  // removed, suspended: what became of who had it
	From string `json:"from,omitempty"` // member id
}

// Passed says why a member will not have a conversation.
type Passed struct {
	Reason string `json:"reason"` // skill, time, language, known, other
	Words  string `json:"words,omitempty"`
}

// Escalated says to whom a conversation was handed up, and why.
type Escalated struct {
	To     string `json:"to,omitempty"` // member id, "" for all who assign
	Reason string `json:"reason"`       // decision, angry, legal, press, danger, other
	Words  string `json:"words,omitempty"`
}

// Ranked says how much a conversation presses.
type Ranked struct {
	Priority string `json:"priority"` // urgent, high, low; "" is the usual
}

// Tagged says which words were put on a conversation, and which taken off.
type Tagged struct {
	On  []string `json:"on,omitempty"`
	Off []string `json:"off,omitempty"`
}

// Linked names the other conversation.
type Linked struct {
	To string `json:"to"`
}

// MergedThreads says which thread went into which, and how the conversation about it stood, so that it can be undone.
type MergedThreads struct {
	Thread string `json:"thread"` // its first post
	Into   string `json:"into"`   // the first post of the other
	To     string `json:"to,omitempty"`
	Was    Split  `json:"was,omitzero"` // what a split makes of it again
}

// Split says which posts lead a thread of their own from then on, each with what answers it, and how the conversation about them stands.
type Split struct {
	Post     string   `json:"post"`            // leads the thread
	Also     []string `json:"also,omitempty"`  // posts that go with it, each with what answers it
	Begin    string   `json:"begin,omitempty"` // the post the conversation begins with; "" for the one that leads
	Assignee string   `json:"assignee,omitempty"`
	Priority string   `json:"priority,omitempty"`
	Undoes   string   `json:"undoes,omitempty"` // the merge

	ResolvedAt time.Time `json:"resolved_at,omitzero"` // unless they said something since
	ResolvedBy string    `json:"resolved_by,omitempty"`
}

// Promised is everything that is promised, as package inbox/due reads it; it replaces what was promised before.
type Promised struct {
	Promises json.RawMessage `json:"promises"`
}

// Noted is an internal note.
type Noted struct {
	Text string `json:"text"`
}

// Opened names the post that a conversation was opened from.
type Opened struct {
	Post string `json:"post"`
}

// Person describes a person or an organisation; what is empty says nothing.
type Person struct {
	Name         string     `json:"name,omitempty"`
	Organisation string     `json:"organisation,omitempty"`
	Title        string     `json:"title,omitempty"`
	Kinds        []string   `json:"kinds,omitempty"`     // customer, prospect, employee, supplier, partner, reseller, journalist …
	NotKinds     []string   `json:"not_kinds,omitempty"` // that they are no more
	Lang         string     `json:"lang,omitempty"`
	Note         string     `json:"note,omitempty"`
	Identities   []Identity `json:"identities,omitempty"`
	Firm         bool       `json:"firm,omitempty"`     // an organisation rather than a human being
	Consents     []Consent  `json:"consents,omitempty"` // as a file says, for the identities above
}

// Identity is one address of a person.
type Identity struct {
	URI      string `json:"uri"` // mailto:, acct:, https:, tel:, postal:
	Verified bool   `json:"verified,omitempty"`
}

// Consent says whether somebody agrees to something, for some of their addresses.
type Consent struct {
	Purpose    string   `json:"purpose"`
	Given      bool     `json:"given,omitempty"`
	How        string   `json:"how,omitempty"` // how they said so
	Identities []string `json:"identities,omitempty"`
}

// What people agree to or not.
const (
	ToSurvey = "survey" // being asked how content they are
	ToHelp   = "help"   // being asked to help others, as an ambassador
	ToNews   = "news"   // being sent newsletters and other marketing
	ToQuote  = "quote"  // being quoted
)

// Purposes lists what people agree to or not.
func Purposes() []string { return []string{ToSurvey, ToHelp, ToNews, ToQuote} }

// Merged says which person was taken into the object, and which identities it brought, so that it can be undone.
type Merged struct {
	Person     string   `json:"person"`
	Identities []string `json:"identities"`
}

// Unmerged names the activity of the merge that is undone.
type Unmerged struct {
	Merge string `json:"merge"`
}

// Order is a business fact brought by a shop.
type Order struct {
	ExternalID string `json:"external_id"`
	Product    string `json:"product,omitempty"`
	Quantity   int    `json:"quantity,omitempty"`
	Through    string `json:"through,omitempty"` // shop, reseller, workshop
	Reseller   string `json:"reseller,omitempty"`
}

// SaidKey is the key under which a post of a channel is in the ledger once.
func SaidKey(channel, externalID string) string { return "said:" + channel + ":" + externalID }
