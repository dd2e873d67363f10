-- What an administrator typed into a form after their rights had ended, until they have signed in again.
ALTER TABLE sessions ADD COLUMN typed TEXT;
