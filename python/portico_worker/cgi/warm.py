class Warm:
    def __init__(self, hosting): pass
    def take(self, *a): return False
    def close(self): pass
