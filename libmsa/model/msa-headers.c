/* msa-headers.c: an ordered list of HTTP fields
 *
 * The block is a writer of "name NUL value NUL" after each other, the index holds
 * offsets into it, since the block moves as it grows. Fields are only added at the
 * end; taking some out builds the block anew, so that it never holds more than what is
 * in the list. The count of references is atomic (bindings free from other threads), the
 * rest is not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-headers-private.h"

#include "base/msa-cursor-private.h"
#include "base/msa-limits-private.h"
#include "base/msa-writer-private.h"
#include "model/msa-error.h"

/* What most heads have: no second allocation for their index. */
#define N_INLINE_FIELDS 12

/* Room that a list may keep which does not grow any more. */
#define MAX_SPARE_BYTES 64

typedef struct
{
  guint32 name_at;
  guint32 name_len;
  guint32 value_at;
  guint32 value_len;
} Field;

/**
 * MsaHeaders:
 *
 * An ordered list of HTTP fields.
 *
 * A name may occur more than once; names are compared without regard to ASCII case and kept as they
 * were written.
 *
 * Since: 1.0
 */
struct _MsaHeaders
{
  gatomicrefcount refs;
  guint serial;
  guint n_fields;
  guint size; /* of @fields */
  gboolean frozen;
  MsaWriter block;
  Field *fields; /* (owned) unless @first_fields */
  GPtrArray *suppressed; /* (owned) (nullable) (element-type utf8): names */
  Field first_fields[N_INLINE_FIELDS];
};

G_DEFINE_BOXED_TYPE (MsaHeaders, msa_headers, msa_headers_ref, msa_headers_unref)

/* RFC 9110, 5.6.2 */
static const guint8 token_set[256] = {
  ['!'] = 1,
  ['#' ... '\''] = 1,
  ['*' ... '+'] = 1,
  ['-' ... '.'] = 1,
  ['0' ... '9'] = 1,
  ['A' ... 'Z'] = 1,
  ['^' ... 'z'] = 1,
  ['|'] = 1,
  ['~'] = 1,
};
/* RFC 9110, 5.5 */
static const guint8 field_value_set[256] = { ['\t'] = 1, [' ' ... '~'] = 1, [0x80 ... 0xff] = 1 };

gboolean
msa_is_token (MsaSlice text)
{
  MsaCursor cursor = msa_cursor_from_slice (text);

  msa_cursor_take_set (&cursor, token_set);
  return text.len > 0 && msa_cursor_is_empty (&cursor);
}

MsaHeaders *
msa_headers_new_sized (gsize n_bytes)
{
  MsaHeaders *self = g_malloc (sizeof (MsaHeaders));

  g_atomic_ref_count_init (&self->refs);
  self->serial = 0;
  self->n_fields = 0;
  self->size = N_INLINE_FIELDS;
  self->frozen = FALSE;
  msa_writer_init (&self->block, MSA_MAX_HEADER_LIST_BYTES);
  self->fields = self->first_fields;
  self->suppressed = NULL;

  if (n_bytes > 0)
    msa_writer_reserve (&self->block, MIN (n_bytes, MSA_MAX_HEADER_LIST_BYTES));
  self->block.failed = FALSE;
  return self;
}

/**
 * msa_headers_new:
 *
 * Makes an empty list of fields.
 *
 * Returns: (transfer full): the list
 *
 * Since: 1.0
 */
MsaHeaders *
msa_headers_new (void)
{
  return msa_headers_new_sized (0);
}

/**
 * msa_headers_ref:
 * @self: the headers
 *
 * Adds a reference.
 *
 * May be called in any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 1.0
 */
MsaHeaders *
msa_headers_ref (MsaHeaders *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

static void
free_fields (MsaHeaders *self)
{
  if (self->fields != self->first_fields)
    g_free (self->fields);
}

/**
 * msa_headers_unref:
 * @self: (transfer full): the headers
 *
 * Drops a reference, and frees the list with the last one.
 *
 * May be called in any thread.
 *
 * Since: 1.0
 */
void
msa_headers_unref (MsaHeaders *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  free_fields (self);
  msa_writer_release (&self->block);
  g_clear_pointer (&self->suppressed, g_ptr_array_unref);
  g_free (self);
}

static const char *
text_at (const MsaHeaders *self,
         guint32 at)
{
  return (const char *) &self->block.data[at];
}

static MsaSlice
field_name (const MsaHeaders *self,
            const Field *field)
{
  return msa_slice (text_at (self, field->name_at), field->name_len);
}

static MsaSlice
field_value (const MsaHeaders *self,
             const Field *field)
{
  return msa_slice (text_at (self, field->value_at), field->value_len);
}

static void
grow_fields (MsaHeaders *self)
{
  self->size *= 2;
  if (self->fields != self->first_fields)
    {
      self->fields = g_renew (Field, self->fields, self->size);
      return;
    }

  self->fields = g_new (Field, self->size);
  memcpy (self->fields, self->first_fields, sizeof (self->first_fields));
}

/* FALSE if the list is full, which changes nothing. The slices may not point into the block. */
static gboolean
add_field (MsaHeaders *self,
           MsaSlice name,
           MsaSlice value)
{
  gsize len = name.len + value.len + 2;
  guint32 at = (guint32) self->block.len;
  guint8 *room = msa_writer_reserve (&self->block, len);

  if (room == NULL)
    {
      self->block.failed = FALSE;
      return FALSE;
    }
  if (self->n_fields == self->size)
    grow_fields (self);

  if (name.len > 0)
    memcpy (room, name.data, name.len);
  room[name.len] = '\0';
  if (value.len > 0)
    memcpy (&room[name.len + 1], value.data, value.len);
  room[len - 1] = '\0';
  msa_writer_commit (&self->block, len);

  self->fields[self->n_fields++] = (Field) {
    at,
    (guint32) name.len,
    (guint32) (at + name.len + 1),
    (guint32) value.len,
  };
  self->serial++;
  return TRUE;
}

void
msa_headers_append_checked (MsaHeaders *self,
                            MsaSlice name,
                            MsaSlice value)
{
  /* A codec has ceilings far below the one that can make this fail. */
  add_field (self, name, value);
}

void
msa_headers_extend_last (MsaHeaders *self,
                         MsaSlice more)
{
  Field *last;
  gsize space;
  guint8 *room;

  if (self->n_fields == 0 || more.len == 0)
    return;

  last = &self->fields[self->n_fields - 1];
  space = last->value_len > 0 ? 1 : 0;
  room = msa_writer_reserve (&self->block, more.len + space);
  if (room == NULL)
    {
      self->block.failed = FALSE;
      return;
    }

  /* The last value ends the block: its NUL gives way to the space or to the text. */
  self->block.data[self->block.len - 1] = ' ';
  memcpy (&self->block.data[self->block.len - 1 + space], more.data, more.len);
  self->block.data[self->block.len - 1 + space + more.len] = '\0';
  msa_writer_commit (&self->block, more.len + space);
  last->value_len += (guint32) (more.len + space);
  self->serial++;
}

void
msa_headers_freeze (MsaHeaders *self)
{
  if (self->frozen)
    return;

  self->frozen = TRUE;
  /* It may be kept for long. */
  msa_writer_trim (&self->block, MAX_SPARE_BYTES);
}

/* The length tells most names apart, the first letters nearly all others. */
static inline gboolean
has_name (const MsaHeaders *self,
          const Field *field,
          MsaSlice name)
{
  const char *own;

  if (field->name_len != name.len)
    return FALSE;

  own = text_at (self, field->name_at);
  for (gsize i = 0; i < name.len; i++)
    {
      if (own[i] != name.data[i] &&
          ((own[i] ^ name.data[i]) != 0x20 || !g_ascii_isalpha (own[i])))
        return FALSE;
    }
  return TRUE;
}

/* The first field of this name from @i on; NULL if there is none. */
static const Field *
find_from (const MsaHeaders *self,
           guint i,
           MsaSlice name)
{
  for (; i < self->n_fields; i++)
    {
      if (has_name (self, &self->fields[i], name))
        return &self->fields[i];
    }
  return NULL;
}

gboolean
msa_headers_find (const MsaHeaders *self,
                  MsaSlice name,
                  MsaSlice *value)
{
  const Field *field = find_from (self, 0, name);

  if (field == NULL)
    return FALSE;

  *value = field_value (self, field);
  return TRUE;
}

void
msa_headers_peek_nth (const MsaHeaders *self,
                      guint i,
                      MsaSlice *name,
                      MsaSlice *value)
{
  g_assert (i < self->n_fields);

  *name = field_name (self, &self->fields[i]);
  *value = field_value (self, &self->fields[i]);
}

static gboolean
find_suppressed (const MsaHeaders *self,
                 MsaSlice name,
                 guint *index)
{
  for (guint i = 0; self->suppressed != NULL && i < self->suppressed->len; i++)
    {
      const char *suppressed = g_ptr_array_index (self->suppressed, i);

      if (msa_slice_equal_ci (msa_slice_from_string (suppressed), name))
        {
          *index = i;
          return TRUE;
        }
    }
  return FALSE;
}

gboolean
msa_headers_is_suppressed (const MsaHeaders *self,
                           MsaSlice name)
{
  guint index;

  return find_suppressed (self, name, &index);
}

guint
msa_headers_get_serial (const MsaHeaders *self)
{
  return self->serial;
}

gsize
msa_headers_get_size (const MsaHeaders *self)
{
  gsize size = sizeof (*self) + self->block.capacity;

  if (self->fields != self->first_fields)
    size += self->size * sizeof (Field);
  return size;
}

static gpointer
copy_string (gconstpointer string,
             gpointer user_data)
{
  return g_strdup (string);
}

/**
 * msa_headers_copy:
 * @self: the headers
 *
 * Makes a list with the same fields, which can be changed by itself.
 *
 * The copy of a response's headers can be changed too. (To share a list, use
 * [method@Headers.ref].)
 *
 * Returns: (transfer full): the copy
 *
 * Since: 1.0
 */
MsaHeaders *
msa_headers_copy (MsaHeaders *self)
{
  MsaHeaders *copy;

  g_return_val_if_fail (self != NULL, NULL);

  copy = msa_headers_new_sized (self->block.len);
  for (guint i = 0; i < self->n_fields; i++)
    add_field (copy, field_name (self, &self->fields[i]), field_value (self, &self->fields[i]));
  if (self->suppressed != NULL)
    copy->suppressed = g_ptr_array_copy (self->suppressed, copy_string, NULL);
  copy->serial = self->serial;
  return copy;
}

/* As an application writes a name: blanks around it are no part of it. */
static MsaSlice
slice_name (const char *name)
{
  return msa_slice_trim (msa_slice_from_string (name));
}

/**
 * msa_headers_get:
 * @self: the headers
 * @name: the name of a field; case does not matter
 *
 * Gets the value of the first field of a name.
 *
 * The string belongs to @self and is valid until @self is changed or freed.
 *
 * Returns: (nullable) (transfer none): the value, %NULL if there is no such field
 *
 * Since: 1.0
 */
const char *
msa_headers_get (MsaHeaders *self,
                 const char *name)
{
  const Field *field;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  field = find_from (self, 0, slice_name (name));
  return field == NULL ? NULL : text_at (self, field->value_at);
}

/**
 * msa_headers_get_all:
 * @self: the headers
 * @name: the name of a field; case does not matter
 *
 * Gets the values of all fields of a name, in their order.
 *
 * Returns: (transfer full) (array zero-terminated=1): the values; empty if
 *   there is no such field
 *
 * Since: 1.0
 */
GStrv
msa_headers_get_all (MsaHeaders *self,
                     const char *name)
{
  g_autoptr (GPtrArray) values = NULL;
  MsaSlice wanted;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  values = g_ptr_array_new ();
  wanted = slice_name (name);
  for (guint i = 0; i < self->n_fields; i++)
    {
      if (has_name (self, &self->fields[i], wanted))
        g_ptr_array_add (values, msa_slice_dup (field_value (self, &self->fields[i])));
    }

  g_ptr_array_add (values, NULL);
  return (GStrv) g_ptr_array_free (g_steal_pointer (&values), FALSE);
}

/**
 * msa_headers_get_length:
 * @self: the headers
 *
 * Gets how many fields there are.
 *
 * Returns: the number of fields
 *
 * Since: 1.0
 */
guint
msa_headers_get_length (MsaHeaders *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_fields;
}

/**
 * msa_headers_get_nth:
 * @self: the headers
 * @i: the place of a field, from 0 on
 * @value: (out) (optional) (nullable) (transfer none): the field's value
 *
 * Gets a field by its place.
 *
 * The strings belong to @self and are valid until @self is changed or freed.
 * Past the last field both are %NULL.
 *
 * Returns: (nullable) (transfer none): the field's name, as it was written
 *
 * Since: 1.0
 */
const char *
msa_headers_get_nth (MsaHeaders *self,
                     guint i,
                     const char **value)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (value != NULL)
    *value = i < self->n_fields ? text_at (self, self->fields[i].value_at) : NULL;
  return i < self->n_fields ? text_at (self, self->fields[i].name_at) : NULL;
}

/**
 * msa_headers_foreach:
 * @self: the headers
 * @func: (scope call) (closure user_data): called for each field, in their order
 * @user_data: passed to @func
 *
 * Calls a function for each field.
 *
 * The function may change @self or drop references to it: it is called for
 * the fields as they were before, and its arguments stay valid while it runs.
 *
 * Since: 1.0
 */
void
msa_headers_foreach (MsaHeaders *self,
                     MsaHeadersForeachFunc func,
                     gpointer user_data)
{
  g_autoptr (MsaHeaders) fields = NULL;

  g_return_if_fail (self != NULL);
  g_return_if_fail (func != NULL);

  fields = self->frozen ? msa_headers_ref (self) : msa_headers_copy (self);
  for (guint i = 0; i < fields->n_fields; i++)
    func (text_at (fields, fields->fields[i].name_at), text_at (fields, fields->fields[i].value_at),
          user_data);
}

static gboolean
check_changeable (MsaHeaders *self,
                  GError **error)
{
  if (self->frozen)
    g_set_error_literal (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                         "Headers of a response cannot be changed");
  return !self->frozen;
}

/* Quotes the name up to where it goes wrong: what follows may be a header's value. */
static gboolean
check_name (MsaSlice name,
            GError **error)
{
  MsaCursor cursor = msa_cursor_from_slice (name);
  MsaSlice good = msa_cursor_take_set (&cursor, token_set);
  int bad = msa_cursor_next (&cursor);

  if (bad >= 0)
    g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                 "Header name has the character 0x%02x after “%.*s”", (guint) bad,
                 (int) good.len,
                 good.data);
  else if (good.len == 0)
    g_set_error_literal (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT, "Header name is empty");
  return bad < 0 && good.len > 0;
}

static gboolean
check_value (MsaSlice name,
             MsaSlice value,
             GError **error)
{
  MsaCursor cursor = msa_cursor_from_slice (value);
  int bad;

  msa_cursor_take_set (&cursor, field_value_set);
  bad = msa_cursor_next (&cursor);
  if (bad >= 0)
    g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                 "Value of header “%.*s” has the character 0x%02x", (int) name.len, name.data,
                 (guint) bad);
  return bad < 0;
}

static gboolean
suppress (MsaHeaders *self,
          MsaSlice name)
{
  guint index;

  if (find_suppressed (self, name, &index))
    return FALSE;

  if (self->suppressed == NULL)
    self->suppressed = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->suppressed, msa_slice_dup (name));
  self->serial++;
  return TRUE;
}

static gboolean
unsuppress (MsaHeaders *self,
            MsaSlice name)
{
  guint index;

  if (!find_suppressed (self, name, &index))
    return FALSE;

  g_ptr_array_remove_index (self->suppressed, index);
  self->serial++;
  return TRUE;
}

/* Takes out the fields of this name among the first @n. */
static gboolean
remove_fields (MsaHeaders *self,
               MsaSlice name,
               guint n)
{
  g_autofree Field *old_fields = NULL;
  MsaWriter old_block = self->block;
  guint n_fields = self->n_fields;
  const Field *found = find_from (self, 0, name);

  if (found == NULL || found >= &self->fields[n])
    return FALSE;

  old_fields = g_memdup2 (self->fields, n_fields * sizeof (Field));
  msa_writer_init (&self->block, MSA_MAX_HEADER_LIST_BYTES);
  self->n_fields = 0;

  for (guint i = 0; i < n_fields; i++)
    {
      const Field *field = &old_fields[i];
      MsaSlice old_name = msa_slice (&old_block.data[field->name_at], field->name_len);

      if (i >= n || !msa_slice_equal_ci (old_name, name))
        add_field (self, old_name, msa_slice (&old_block.data[field->value_at], field->value_len));
    }

  msa_writer_release (&old_block);
  self->serial++;
  return TRUE;
}

/* Copies first: @name and @value may be strings that a getter of this list gave. */
static gboolean
append_copied (MsaHeaders *self,
               MsaSlice name,
               MsaSlice value,
               GError **error)
{
  g_autofree gchar *name_copy = msa_slice_dup (name);
  g_autofree gchar *value_copy = msa_slice_dup (value);

  if (add_field (self, msa_slice (name_copy, name.len), msa_slice (value_copy, value.len)))
    return TRUE;

  g_set_error (error, MSA_ERROR, MSA_ERROR_TOO_LARGE, "Headers take more than %d bytes",
               MSA_MAX_HEADER_LIST_BYTES);
  return FALSE;
}

/**
 * msa_headers_append:
 * @self: the headers
 * @name: the field's name
 * @value: (nullable): the field's value
 * @error: return location for an error
 *
 * Adds a field at the end.
 *
 * Spaces and tabs around name and value are dropped. An empty @value makes a field
 * that is sent empty. With %NULL no field is added: instead, in a request, the field
 * of this name that would be sent by default is left out, such as `Accept`.
 *
 * Gives `MSA_ERROR_INVALID_ARGUMENT` for a name that is not a token (RFC 9110, section 5.6.2),
 * for a value with line ends or other control characters, and for the headers of a
 * response, which cannot be changed; `MSA_ERROR_TOO_LARGE` past 16 MiB. An error
 * leaves the list as it was.
 *
 * Returns: %TRUE if the field was added
 *
 * Since: 1.0
 */
gboolean
msa_headers_append (MsaHeaders *self,
                    const char *name,
                    const char *value,
                    GError **error)
{
  MsaSlice own_name, own_value;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  own_name = slice_name (name);
  if (!check_changeable (self, error) || !check_name (own_name, error))
    return FALSE;
  if (value == NULL)
    {
      suppress (self, own_name);
      return TRUE;
    }

  own_value = msa_slice_trim (msa_slice_from_string (value));
  return check_value (own_name, own_value, error) &&
         append_copied (self, own_name, own_value, error);
}

/**
 * msa_headers_replace:
 * @self: the headers
 * @name: the field's name
 * @value: (nullable): the field's value
 * @error: return location for an error
 *
 * Removes all fields of a name and adds one at the end.
 *
 * Does what [method@Headers.remove] and [method@Headers.append] do, with the same
 * errors; an error leaves the list as it was.
 *
 * Returns: %TRUE if the field was replaced
 *
 * Since: 1.0
 */
gboolean
msa_headers_replace (MsaHeaders *self,
                     const char *name,
                     const char *value,
                     GError **error)
{
  g_autofree gchar *own_name = NULL;
  MsaSlice wanted;
  guint n_fields;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  own_name = msa_slice_dup (slice_name (name));
  wanted = msa_slice_from_string (own_name);
  n_fields = self->n_fields;
  if (!msa_headers_append (self, own_name, value, error))
    return FALSE;

  remove_fields (self, wanted, n_fields);
  if (value != NULL)
    unsuppress (self, wanted);
  return TRUE;
}

/**
 * msa_headers_remove:
 * @self: the headers
 * @name: the name of a field; case does not matter
 *
 * Removes all fields of a name, and takes back a [method@Headers.append] of it with
 * %NULL as value.
 *
 * The headers of a response cannot be changed.
 *
 * Returns: %TRUE if anything was removed
 *
 * Since: 1.0
 */
gboolean
msa_headers_remove (MsaHeaders *self,
                    const char *name)
{
  g_autofree gchar *own_name = NULL;
  MsaSlice wanted;
  gboolean removed;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (name != NULL, FALSE);

  if (self->frozen)
    return FALSE;

  own_name = msa_slice_dup (slice_name (name));
  wanted = msa_slice_from_string (own_name);
  removed = unsuppress (self, wanted);
  return remove_fields (self, wanted, self->n_fields) || removed;
}

/**
 * msa_headers_clear:
 * @self: the headers
 *
 * Removes all fields.
 *
 * Does nothing to the headers of a response, which cannot be changed.
 *
 * Since: 1.0
 */
void
msa_headers_clear (MsaHeaders *self)
{
  g_return_if_fail (self != NULL);

  if (self->frozen)
    return;

  self->n_fields = 0;
  msa_writer_clear (&self->block);
  g_clear_pointer (&self->suppressed, g_ptr_array_unref);
  self->serial++;
}
