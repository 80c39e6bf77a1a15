package io.holdfast.persistence.store;

import io.holdfast.persistence.pg1.PageDelta;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/// What a store keeps beside the events of objects so that it can be asked for: which objects there
/// are, which alarms are due.
///
/// A store whose journal changes that in the same commit as the event has [#NONE]. In any other a
/// crash leaves a row too many, never one too few: rows are added before the event is stored and
/// removed after it. Each object has one writer that calls this, in order; none of the calls may
/// block.
public interface EventIndex {
  /// Of a journal that does all of this itself.
  EventIndex NONE =
      new EventIndex() {
        private static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

        @Override
        public CompletionStage<Void> beforeEvent(
            String objectKey, long sequenceNr, PageDelta event) {
          return DONE;
        }

        @Override
        public void afterEvent(String objectKey, OptionalLong previousAlarm, PageDelta event) {}

        @Override
        public void recovered(String objectKey, long epoch, OptionalLong alarm) {}
      };

  /// An event is about to be stored: it goes to the journal when the stage is complete, and is not
  /// stored at all when that fails.
  ///
  /// @param sequenceNr its number in the journal, from 1
  CompletionStage<Void> beforeEvent(String objectKey, long sequenceNr, PageDelta event);

  /// An event is durable.
  ///
  /// @param previousAlarm when the object's alarm was due before it
  void afterEvent(String objectKey, OptionalLong previousAlarm, PageDelta event);

  /// A writer begins, with the epoch that its events will have.
  ///
  /// @param alarm when the object's alarm is due
  void recovered(String objectKey, long epoch, OptionalLong alarm);
}
