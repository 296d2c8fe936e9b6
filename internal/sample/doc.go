// Package sample makes valid objects for tests: a CA, organisations with right codes and certificates, one lot with its
// custodians, and everything that is signed about it from the application to the demand.
//
// The lot is modelled on a public notice of 2019 (highway maintenance at Changsha, two tenderees, a security of 800,000
// yuan); banks and bidders are invented. What cannot be made panics: a sample that does not hold is a broken test.
package sample
