"""PyPubSub: two threads that ask for a new topic are given two topics, of which one is not in the tree.

`getOrCreateTopic` looks for the topic and then makes it, without a lock. A little later it fails on an assertion.
"""

from pubsub.core.topicmgr import TopicManager
from two_threads import meet, told

manager = TopicManager()
topics = meet(
    lambda: manager.getOrCreateTopic("news"),
    "__createTopic",
    "self._topicsMap[newTopicObj.getName()] = newTopicObj",
    lambda: manager.getOrCreateTopic("news"),
)
told(topics[0] is not topics[1], f"one topic for both threads: {topics[0] is topics[1]}")
