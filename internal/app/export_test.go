package app

// Work runs what goes on behind the pages.
var Work = (*App).work
