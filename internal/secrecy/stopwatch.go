package main

import "time"

// now is the machine's time: this program measures answers, and its platform lives today.
func now() time.Time { return time.Now() }
