/* msa-writer.c: the growing buffer with a hard cap
 *
 * Consumed bytes are only moved over when at least as many were consumed as
 * have to be moved, so a queue that is filled and drained in small steps costs
 * time in proportion to its bytes. For that the storage may grow to twice the cap.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-writer-private.h"

#define FIRST_CAPACITY 64
#define MAX_DECIMAL_DIGITS 20 /* of 2^64-1 */

void
msa_writer_init (MsaWriter *self,
                 gsize cap)
{
  /* Twice the cap has to be countable. */
  *self = (MsaWriter) { .cap = MIN (cap, G_MAXSSIZE) };
}

void
msa_writer_release (MsaWriter *self)
{
  g_free (self->data);
  msa_writer_init (self, self->cap);
}

void
msa_writer_clear (MsaWriter *self)
{
  self->start = 0;
  self->len = 0;
  self->failed = FALSE;
}

void
msa_writer_trim (MsaWriter *self,
                 gsize spare)
{
  gsize used = self->start + self->len;

  if (self->data == NULL || used == 0 || self->capacity - used <= spare)
    return;

  self->data = g_realloc (self->data, used);
  self->capacity = used;
}

static void
move_to_front (MsaWriter *self)
{
  if (self->start > 0)
    memmove (self->data, self->data + self->start, self->len);
  self->start = 0;
}

/* Makes @capacity bytes of storage, or more up to @most. */
static gboolean
grow (MsaWriter *self,
      gsize capacity,
      gsize most)
{
  gsize wanted = self->capacity > most / 2 ? most : MAX (2 * self->capacity, FIRST_CAPACITY);
  guint8 *data;

  wanted = MAX (MIN (wanted, most), capacity);
  data = self->data == NULL ? g_try_malloc (wanted) : g_try_realloc (self->data, wanted);
  if (data == NULL)
    return FALSE;

  self->data = data;
  self->capacity = wanted;
  return TRUE;
}

static gboolean
make_room (MsaWriter *self,
           gsize add)
{
  gsize needed = self->len + add;
  gsize most;

  if (self->start >= self->len)
    move_to_front (self);
  if (self->data != NULL && needed <= self->capacity - self->start)
    return TRUE;

  most = self->start == 0 ? self->cap : 2 * self->cap;
  return grow (self, MAX (self->start + needed, 1), MAX (most, 1));
}

guint8 *
msa_writer_grow (MsaWriter *self,
                 gsize len)
{
  if (self->failed)
    return NULL;
  if (len > self->cap - self->len || !make_room (self, len))
    {
      self->failed = TRUE;
      return NULL;
    }

  return self->data + self->start + self->len;
}

gboolean
msa_writer_append_number (MsaWriter *self,
                          guint64 number)
{
  char digits[MAX_DECIMAL_DIGITS];
  gsize first = sizeof (digits);

  do
    {
      digits[--first] = (char) ('0' + number % 10);
      number /= 10;
    }
  while (number > 0);

  return msa_writer_append (self, &digits[first], sizeof (digits) - first);
}

void
msa_writer_consume (MsaWriter *self,
                    gsize len)
{
  g_assert (len <= self->len);
  self->len -= len;
  self->start = self->len == 0 ? 0 : self->start + len;
}

guint8 *
msa_writer_steal (MsaWriter *self,
                  gsize *len)
{
  guint8 *data;

  move_to_front (self);
  data = g_steal_pointer (&self->data);
  *len = self->len;
  msa_writer_init (self, self->cap);
  return data;
}
