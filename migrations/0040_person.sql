-- +goose Up

-- Who holds a certificate, in the operator's words (a name, a staff number): two certificates of one organisation with the same
-- holder are one person where two are asked for (双人经办). NULL: nobody has said.
ALTER TABLE certificate ADD COLUMN person text CHECK (person <> '');

-- +goose Down
SELECT 1 / 0; -- forward only
