// Package ui decides how everything on a page looks and reads: typed props come in, accessible HTML that works without
// JavaScript, without inline style and in both themes goes out.
//
// Props are structs or a few arguments; texts are ready to read (already in the reader's language); children in braces.
//
// # Page
//
//	Shell(ShellProps)                     page of a signed-in member: Title, Brand, Nav []NavItem{Label, Href, Icon, Count, Current, Section, Key}, Foot, MemberName, To, Theme, Nonce, Toasts, Live, Search, Wide, Banner
//	Bare(ShellProps)                      sign-in, set-up: a narrow column without navigation
//	PageHeader(title, actions)            the h1; actions may be nil; children: a line below it
//	Section(title, action)                part of a page with an h2
//	Breadcrumb(Crumb{Label, Href}...)     the last without Href
//	Tabs(label, Tab{Label, Href, Count, Current}...)
//	Pagination(Pages{Newer, Older, Note}) keyset links
//	Split(aside)                          main column (children) and aside
//	Grid(columns)                         children side by side, 2 to 4
//	Card(title, actions)                  bordered block
//	Panels([]Panel{Title, Body})          panels of other modules, each as a card
//
// # Actions
//
//	Button(ButtonProps{Label, Icon, IconOnly, Variant: Primary|Secondary|Destructive|Quiet, Small, Name, Value, Key, Confirm, Dialog, Attrs})
//	LinkButton(ButtonProps{..., Href})
//	PostButton(action, ButtonProps, name, value, ...)   a form of one button with hidden fields
//	Icon(name)                            a name of assets/icons.txt
//	Dialog(id, title)                     native dialog; opened by ButtonProps{Dialog: id, Href: page without script}
//	CopyText(value)
//
// # Forms (all take Field{Name, Label, Value, Hint, Error, Required, Optional, Options, ...})
//
//	TextField, PasswordField, TextArea (DraftKey keeps unsent text), Select, Checkbox, RadioGroup, DateField, FileField
//	Hidden(name, value)
//	FormErrors(title, []FieldError{Field, Text})   summary on top; title "" for the standard one
//	FormActions()                         last row, buttons as children
//	FilterBar(action)                     GET form of Field{Compact: true} fields above a list
//
// # Lists and figures
//
//	Table(TableProps{Caption, Columns []Column{Label, Numeric, SortHref, Sorted}, Scroll, List}) with Row(attrs), HeadCell(), Cell(label), NumCell(label)
//	List(label) with ListItem(ItemProps{Href, Title, Excerpt, From, At, Stamp, Unread, Current, Marks, Select, Form})   j, k, o
//	DescriptionList(Item{Label, Value, Body}...)
//	Stat(StatProps{Label, Value, Unit, N, Interval, Change, Tone, Note, Href, Trend})
//	Timeline(Event{Icon, Tone, Title, Href, At, Stamp, Body}...)
//	Thread(label) with Post(PostProps{Side: Theirs|Ours|Note, Author, At, Stamp, Text|Body, Marks, Actions, Failed})
//	Moment(t), Ago(t, now)                <time> elements
//	Badge(label, tone), State(label, tone), Tag(label, href), Count(n), Avatar(name), AvatarPicture(src)
//
// # Telling
//
//	Callout(tone, title)                  tones: Neutral, Accent, Info, Success, Warning, Danger
//	Toasts([]Toast{Tone, Text, Href, Label})
//	EmptyState(icon, title, text)         children: the action
//	ErrorState(title, text, reference)
//	Progress(ProgressProps{Label, Value, Max, Detail, Tone})
//	Poll(href, seconds)                   replaces itself until the answer holds no Poll
//	Skeleton(lines)
//
// # Live (islands; nothing breaks without them)
//
//	Live(href)                            event stream; data of an event = topics separated by spaces; Shell draws it from ShellProps.Live
//	Region(id, topic, href)               refreshed from href (which answers the same Region) when topic is announced; keeps focus and typed text
//	Presence(href)                        POST every 20 s; shows the HTML answered; 204 is nobody else; DELETE when the page is left
//	data-key="a" / ButtonProps.Key        shortcut of a button or link, also two keys "g i"; "?" shows all
//	data-list on a list, data-open on the link of a line   j, k, o
//	data-confirm, data-copy, data-draft, data-autosize, data-dialog, data-dismiss
//
// # Classes for layout
//
//	stack, stack-tight, cluster, spread, muted, small, num, truncate, prose, pre-line, visually-hidden, needs-script, no-print
//
// Charts are in package ui/chart. Gallery shows everything.
package ui
