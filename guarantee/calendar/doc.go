// Package calendar counts legal time: dates, calendar days and working days in the People's Republic of China
// (民法典 arts. 200–204; working days by the State Council's yearly notice on public holidays).
//
// All of the country keeps one time, UTC+8. A day ends at 24:00 of Shanghai, and what arrives at that very instant is
// still in time.
package calendar
