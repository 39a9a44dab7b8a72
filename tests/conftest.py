from hypothesis import settings

# A test may not fail because the machine was busy for a moment.
settings.register_profile("course", deadline=None)
settings.load_profile("course")
