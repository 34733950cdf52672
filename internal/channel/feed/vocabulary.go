package feed

import "strings"

// vocabulary gives the short name of a namespace: "" for those of RSS and for unknown ones that are the default, "atom", "dc" and so on. An
// unknown one goes by its prefix, because feeds misspell addresses more often than prefixes.
func vocabulary(uri, prefix string) string {
	trimmed := strings.TrimRight(strings.ToLower(uri), "/#")
	trimmed = strings.TrimPrefix(strings.TrimPrefix(trimmed, "https://"), "http://")
	switch trimmed {
	case "www.w3.org/2005/atom":
		return "atom"
	case "purl.org/atom/ns":
		return "atom03"
	case "purl.org/rss/1.0", "my.netscape.com/rdf/simple/0.9", "channel.netscape.com/rdf/simple/0.9", "backend.userland.com/rss",
		"backend.userland.com/rss2", "backend.userland.com/rss091", "blogs.law.harvard.edu/tech/rss", "www.w3.org/1999/02/22-rdf-syntax-ns":
		return ""
	case "purl.org/rss/1.0/modules/content":
		return "content"
	case "purl.org/dc/elements/1.0", "purl.org/dc/elements/1.1":
		return "dc"
	case "purl.org/dc/terms":
		return "dcterms"
	case "purl.org/rss/1.0/modules/syndication":
		return "sy"
	case "www.itunes.com/dtds/podcast-1.0.dtd", "example.com/dtds/podcast-1.0.dtd":
		return "itunes"
	case "search.yahoo.com/mrss":
		return "media"
	case "purl.org/syndication/thread/1.0":
		return "thr"
	case "www.w3.org/1999/xhtml":
		return "xhtml"
	}
	return strings.ToLower(prefix)
}
